// The OpenSSL 3 headers that Agent/TLS uses. Macros that Swift cannot see become static inline functions here.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
