#pragma once
// SHA1 stands here only for hashed names in known_hosts, whose format prescribes HMAC-SHA1. The
// one-shot calls of OpenSSL 3 look the algorithm up at each call, which is ten times the work.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bcrypt_pbkdf.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

// HMAC-SHA1 (RFC 2104) of `data` under a key of at most 64 bytes, into 20 bytes.
static inline void fleet_hmac_sha1(
    const unsigned char *key, size_t key_length, const unsigned char *data, size_t length,
    unsigned char *out) {
  unsigned char pad[64];
  unsigned char inner[SHA_DIGEST_LENGTH];
  SHA_CTX context;
  memset(pad, 0x36, sizeof pad);
  for (size_t i = 0; i < key_length && i < sizeof pad; i++) pad[i] ^= key[i];
  SHA1_Init(&context);
  SHA1_Update(&context, pad, sizeof pad);
  SHA1_Update(&context, data, length);
  SHA1_Final(inner, &context);
  for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
  SHA1_Init(&context);
  SHA1_Update(&context, pad, sizeof pad);
  SHA1_Update(&context, inner, sizeof inner);
  SHA1_Final(out, &context);
}

// Finds which of `count` salted hashes, 20 bytes each, is the HMAC-SHA1 of `name`; searches from
// `first` on and returns `count` when none is. One call for a whole file of hashed names: files of
// thousands of lines are searched for each of hundreds of nodes.
static inline size_t fleet_find_hashed(
    const unsigned char *salts, const unsigned char *hashes, size_t count, size_t first,
    const unsigned char *name, size_t length) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  for (size_t i = first; i < count; i++) {
    fleet_hmac_sha1(salts + 20 * i, 20, name, length, digest);
    if (memcmp(digest, hashes + 20 * i, sizeof digest) == 0) return i;
  }
  return count;
}

// SSL_set_tlsext_host_name is a macro, which Swift cannot see.
static inline long fleet_tls_announce_name(SSL *ssl, const char *name) {
  return SSL_set_tlsext_host_name(ssl, name);
}

// SSL_set_min_proto_version is a macro, which Swift cannot see.
static inline long fleet_tls_require_1_2(SSL *ssl) {
  return SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
}

// Answers PEM_read_bio_PrivateKey(3) with the passphrase in `text`; without one it fails, because
// OpenSSL would otherwise ask the terminal by itself.
static inline int fleet_pem_phrase(char *buffer, int size, int writing, void *text) {
  (void)writing;
  const char *phrase = text;
  int length = phrase ? (int)strlen(phrase) : 0;
  if (length > size) return -1;
  if (length > 0) memcpy(buffer, phrase, (size_t)length);
  return phrase ? length : -1;
}

// A private key in PEM; the callback is given here because its type is awkward in Swift.
static inline EVP_PKEY *fleet_pem_private_key(const void *bytes, size_t length, char *phrase) {
  BIO *bio = BIO_new_mem_buf(bytes, (int)length);
  if (!bio) return NULL;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, fleet_pem_phrase, phrase);
  BIO_free(bio);
  return key;
}

// OPENSSL_free is a macro, which Swift cannot see.
static inline void fleet_free(void *memory) { OPENSSL_free(memory); }
