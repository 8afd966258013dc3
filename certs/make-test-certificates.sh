#!/bin/bash
# make-test-certificates.sh [DIRECTORY]: a test authority, and certificates for a switch and a controller. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/authority}
umask 077
mkdir -p "$out"
cd "$out"
# One maker at a time; what is half made is made again.
exec 9>.lock
flock 9
if [ -e .complete-3 ]; then exit 0; fi
quietly() { local said; said=$("$@" 2>&1) || { echo "$said" >&2; exit 1; }; }

new_key() {              # new_key FILE rsa|ecdsa
    case $2 in
        rsa) quietly openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
        ecdsa) quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
    esac
}

authority() {            # authority NAME [KIND]: NAME.key and the self-signed NAME.pem
    new_key "$1.key" "${2:-ecdsa}"
    quietly openssl req -new -x509 -config "$here/openssl.cnf" -section request -extensions authority \
        -key "$1.key" -subj "/O=Sluice tests/CN=$1" -days 3650 -out "$1.pem"
}

peer() {                 # peer NAME KIND AUTHORITY DAYS [SECTION]: NAME.key and NAME.pem
    new_key "$1.key" "$2"
    quietly openssl req -new -config "$here/openssl.cnf" -section request -key "$1.key" \
        -subj "/O=Sluice tests/CN=$1" -out "$1.csr"
    quietly openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days "$4" \
        -extfile "$here/openssl.cnf" -extensions "${5:-peer}" -out "$1.pem"
    rm -f "$1.csr"
}

authority ca
authority other-ca
authority rsa-ca rsa
for kind in rsa ecdsa; do
    peer switch-$kind $kind ca 3650
    peer controller-$kind $kind ca 3650
done
peer switch-rsa-only rsa rsa-ca 3650
peer controller-rsa-only rsa rsa-ca 3650
peer stranger ecdsa other-ca 3650
# Valid from yesterday until yesterday: openssl x509 counts whole days, also backwards.
peer expired ecdsa ca -1
peer soon ecdsa ca 10
peer elsewhere ecdsa ca 3650 elsewhere
peer revoked ecdsa ca 3650
# The authority's revocation list; its database is of no use afterwards.
: > index.txt
quietly openssl ca -config "$here/openssl.cnf" -name lists -cert ca.pem -keyfile ca.key -revoke revoked.pem
quietly openssl ca -config "$here/openssl.cnf" -name lists -cert ca.pem -keyfile ca.key -gencrl -out crl.pem
rm -f index.txt*
for certificate in switch-rsa switch-ecdsa controller-rsa controller-ecdsa; do
    quietly openssl verify -CAfile ca.pem $certificate.pem
done
if openssl verify -CAfile ca.pem expired.pem >/dev/null 2>&1 || openssl verify -CAfile ca.pem stranger.pem >/dev/null 2>&1; then
    echo "make-test-certificates.sh: a certificate verifies that must not" >&2
    exit 1
fi
if openssl verify -CAfile ca.pem -CRLfile crl.pem -crl_check revoked.pem >/dev/null 2>&1; then
    echo "make-test-certificates.sh: the revoked certificate is not in the list" >&2
    exit 1
fi
touch .complete-3
echo "certificates in $out"
