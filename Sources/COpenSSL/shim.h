// The OpenSSL 3 headers that Agent/TLS uses. Macros that Swift cannot see, and callbacks that C must have, are static
// inline functions here.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// MARK: Contexts

static inline int sluice_ctx_set_minimum_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline long sluice_ctx_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }

static inline long sluice_ctx_disable_session_cache(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// Sessions are long: no tickets; and no renegotiation, which only serves to keep a peer busy.
static inline void sluice_ctx_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

// MARK: Certificates

// What can be said of a certificate in a log line.
typedef struct {
    char subject[256];  // as RFC 2253 has it, control characters escaped
    char issuer[256];
    char serial[48];  // hexadecimal
    long long not_before;  // seconds since 1970
    long long not_after;
} sluice_certificate;

// What the verification of the peer's certificate found; filled during the handshake.
typedef struct {
    int error;  // X509_V_ERR_…; X509_V_OK as long as there is nothing
    int depth;  // 0 is the peer's own
    sluice_certificate certificate;
} sluice_verification;

static inline void sluice_print_name(X509_NAME *name, char *text, size_t size) {
    text[0] = 0;
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL) return;
    if (X509_NAME_print_ex(memory, name, 0, XN_FLAG_RFC2253) >= 0) {
        int count = BIO_read(memory, text, (int)size - 1);
        text[count > 0 ? count : 0] = 0;
    }
    BIO_free(memory);
}

static inline long long sluice_seconds(const ASN1_TIME *time) {
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    return time != NULL && ASN1_TIME_to_tm(time, &parts) == 1 ? (long long)timegm(&parts) : 0;
}

static inline void sluice_describe(X509 *certificate, sluice_certificate *description) {
    memset(description, 0, sizeof *description);
    if (certificate == NULL) return;
    sluice_print_name(X509_get_subject_name(certificate), description->subject, sizeof description->subject);
    sluice_print_name(X509_get_issuer_name(certificate), description->issuer, sizeof description->issuer);
    description->not_before = sluice_seconds(X509_get0_notBefore(certificate));
    description->not_after = sluice_seconds(X509_get0_notAfter(certificate));
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    if (number == NULL) return;
    char *digits = BN_bn2hex(number);
    if (digits != NULL) strncpy(description->serial, digits, sizeof description->serial - 1);
    OPENSSL_free(digits);
    BN_free(number);
}

static inline int sluice_authority_count(SSL_CTX *context) {
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context)));
}

// The authority of that place in the context's store; 0 where something else is there.
static inline int sluice_describe_authority(SSL_CTX *context, int place, sluice_certificate *description) {
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
    X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, place));
    if (certificate == NULL) return 0;
    sluice_describe(certificate, description);
    return 1;
}

// Reads the revocation lists of a PEM file into the context, and has every certificate of a chain looked up in them.
static inline int sluice_ctx_load_revocation_lists(SSL_CTX *context, const char *path) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == NULL || X509_load_crl_file(lookup, path, X509_FILETYPE_PEM) < 1) return 0;
    return X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

// Remembers what was refused first; the verdict stays OpenSSL's.
static inline int sluice_note_verification(int accepted, X509_STORE_CTX *store) {
    SSL *ssl = (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    sluice_verification *found = ssl == NULL ? NULL : (sluice_verification *)SSL_get_ex_data(ssl, 0);
    if (!accepted && found != NULL && found->error == X509_V_OK) {
        found->error = X509_STORE_CTX_get_error(store);
        found->depth = X509_STORE_CTX_get_error_depth(store);
        sluice_describe(X509_STORE_CTX_get_current_cert(store), &found->certificate);
    }
    return accepted;
}

// For the one connection that brings the authority's certificate itself.
static inline int sluice_accept_any(int accepted, X509_STORE_CTX *store) {
    (void)accepted;
    (void)store;
    return 1;
}

static inline void sluice_ctx_set_verification(SSL_CTX *context, int bootstraps) {
    SSL_CTX_set_verify(
        context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
        bootstraps ? sluice_accept_any : sluice_note_verification);
}

// MARK: Sessions

// The bytes around a session: those that came in, which it reads in place, and those that are to go out.
typedef struct {
    const unsigned char *input;
    size_t input_count;
    unsigned char *output;
    size_t output_count;
    size_t output_capacity;
} sluice_memory;

static inline int sluice_bio_read(BIO *bio, char *bytes, int count) {
    sluice_memory *memory = (sluice_memory *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (memory == NULL || count <= 0) return 0;
    if (memory->input_count == 0) {
        BIO_set_retry_read(bio);  // not the end: more may come
        return -1;
    }
    size_t part = memory->input_count < (size_t)count ? memory->input_count : (size_t)count;
    memcpy(bytes, memory->input, part);
    memory->input += part;
    memory->input_count -= part;
    return (int)part;
}

static inline int sluice_bio_write(BIO *bio, const char *bytes, int count) {
    sluice_memory *memory = (sluice_memory *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (memory == NULL || count <= 0) return 0;
    size_t needed = memory->output_count + (size_t)count;
    if (needed > memory->output_capacity) {
        size_t capacity = needed < 2 * memory->output_capacity ? 2 * memory->output_capacity : needed;
        unsigned char *grown = (unsigned char *)realloc(memory->output, capacity);
        if (grown == NULL) return -1;
        memory->output = grown;
        memory->output_capacity = capacity;
    }
    memcpy(memory->output + memory->output_count, bytes, (size_t)count);
    memory->output_count = needed;
    return count;
}

static inline long sluice_bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static inline BIO_METHOD *sluice_bio_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0x7f, "memory of a channel");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, sluice_bio_read);
    BIO_meth_set_write(method, sluice_bio_write);
    BIO_meth_set_ctrl(method, sluice_bio_control);
    return method;
}

// Gives the session its memory, which must live as long as it; 0 where there is none to be had.
static inline int sluice_attach(SSL *ssl, const BIO_METHOD *method, sluice_memory *memory) {
    BIO *bio = BIO_new(method);
    if (bio == NULL) return 0;
    BIO_set_data(bio, memory);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return 1;
}

static inline long sluice_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}

// Demands that the peer's certificate be made out to a DNS name, or to an address.
static inline int sluice_require_name(SSL *ssl, const char *name, int is_address) {
    if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name);
}

static inline int sluice_set_verification(SSL *ssl, sluice_verification *found) {
    return SSL_set_ex_data(ssl, 0, found);
}

// The peer's own certificate; 0 where it presented none.
static inline int sluice_describe_peer(SSL *ssl, sluice_certificate *description) {
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == NULL) return 0;
    sluice_describe(certificate, description);
    return 1;
}

// The last certificate that the peer sent, if it is self-signed, as an authority's is.
static inline X509 *sluice_peer_authority(SSL *ssl) {
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    int count = chain == NULL ? 0 : sk_X509_num(chain);
    X509 *last = count > 0 ? sk_X509_value(chain, count - 1) : NULL;
    return last != NULL && X509_self_signed(last, 1) == 1 ? last : NULL;
}

// The certificate in PEM; the caller frees the memory with BIO_free.
static inline BIO *sluice_pem(X509 *certificate) {
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL || PEM_write_bio_X509(memory, certificate) == 1) return memory;
    BIO_free(memory);
    return NULL;
}

static inline int sluice_bio_pending(BIO *bio) { return (int)BIO_pending(bio); }

static inline int sluice_error_reason(unsigned long error) { return ERR_GET_REASON(error); }
