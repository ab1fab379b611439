// A software authenticator for tests: keys of ed25519-sk whose private half is the key handle. It protects nothing.
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
struct sk_option;
struct sk_enroll_response {
  uint8_t flags;
  uint8_t *public_key; size_t public_key_len;
  uint8_t *key_handle; size_t key_handle_len;
  uint8_t *signature; size_t signature_len;
  uint8_t *attestation_cert; size_t attestation_cert_len;
  uint8_t *authdata; size_t authdata_len;
};
struct sk_sign_response {
  uint8_t flags; uint32_t counter;
  uint8_t *sig_r; size_t sig_r_len;
  uint8_t *sig_s; size_t sig_s_len;
};
static uint8_t *copy(const void *from, size_t size) { uint8_t *to = malloc(size); if (to) memcpy(to, from, size); return to; }
uint32_t sk_api_version(void) { return 0x000a0000; }
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
              const char *pin, struct sk_option **options, struct sk_enroll_response **out) {
  if (alg != 1) return -2;
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  uint8_t pub[32], secret[32]; size_t size = 32;
  EVP_PKEY_get_raw_public_key(key, pub, &size); size = 32;
  EVP_PKEY_get_raw_private_key(key, secret, &size);
  EVP_PKEY_free(key);
  struct sk_enroll_response *r = calloc(1, sizeof *r);
  r->flags = flags;
  r->public_key = copy(pub, 32); r->public_key_len = 32;
  r->key_handle = copy(secret, 32); r->key_handle_len = 32;
  r->signature = copy("x", 1); r->signature_len = 1;
  r->attestation_cert = copy("x", 1); r->attestation_cert_len = 1;
  r->authdata = copy("x", 1); r->authdata_len = 1;
  *out = r;
  return 0;
}
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *handle,
            size_t handle_len, uint8_t flags, const char *pin, struct sk_option **options, struct sk_sign_response **out) {
  if (alg != 1 || handle_len != 32) return -2;
  uint8_t text[32 + 1 + 4 + 32], sig[64]; size_t size = sizeof sig;
  SHA256((const uint8_t *)application, strlen(application), text);
  text[32] = flags;
  memcpy(text + 33, "\0\0\0\1", 4);
  SHA256(data, data_len, text + 37);
  EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, handle, 32);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  int good = EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(context, sig, &size, text, sizeof text) == 1;
  EVP_MD_CTX_free(context); EVP_PKEY_free(key);
  if (!good) return -1;
  struct sk_sign_response *r = calloc(1, sizeof *r);
  r->flags = flags; r->counter = 1;
  r->sig_r = copy(sig, 64); r->sig_r_len = 64;
  *out = r;
  return 0;
}
int sk_load_resident_keys(const char *pin, struct sk_option **options, void ***rks, size_t *count) { return -2; }
