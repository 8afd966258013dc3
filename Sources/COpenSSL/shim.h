// The OpenSSL 3 headers that Agent/TLS uses. Macros that Swift cannot see become static inline functions here.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline int sluice_ctx_set_minimum_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline long sluice_ctx_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }

static inline long sluice_ctx_disable_session_cache(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline void sluice_ctx_disable_tickets(SSL_CTX *context) { SSL_CTX_set_options(context, SSL_OP_NO_TICKET); }

static inline long sluice_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

static inline int sluice_bio_pending(BIO *bio) { return (int)BIO_pending(bio); }

// A read from an empty memory BIO says "try again", not "end of file".
static inline void sluice_bio_set_retry(BIO *bio) { BIO_set_mem_eof_return(bio, -1); }
