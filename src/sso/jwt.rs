//! A token's signature (RFC 7515, 7517, 7518): by one of the provider's own keys, never by a secret, and
//! never by none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

/// Why a token is not believed that none of the keys signed.
pub(super) const BY_NO_KEY: &str = "no key of the provider signed the token";
/// No token is longer.
const BYTES_MAX: usize = 64 * 1024;

/// The keys of a provider.
#[derive(Debug, Deserialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

/// A key; what it lacks is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key {
    kty: String,
    r#use: String,
    alg: String,
    kid: String,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

#[derive(Debug, Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// What must be understood: nothing is.
    #[serde(default)]
    crit: Option<Value>,
}

/// Bytes as tokens write them.
pub(super) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// What a token says, if a key of the provider signed it.
pub(super) fn signed(token: &str, keys: &Keys) -> Result<Value, &'static str> {
    const NONE: &str = "this is no token";
    let (said, signature) = token.rsplit_once('.').ok_or(NONE)?;
    let (head, claims) = said.split_once('.').ok_or(NONE)?;
    if token.len() > BYTES_MAX {
        return Err("the token is too long");
    }
    let head: Head = serde_json::from_slice(&bytes(head).ok_or(NONE)?).map_err(|_| NONE)?;
    if head.crit.is_some() {
        return Err("the token wants something understood that is not");
    }
    let signature = bytes(signature).ok_or(NONE)?;
    let fits = |key: &&Key| {
        (key.r#use.is_empty() || key.r#use == "sig")
            && (key.alg.is_empty() || key.alg == head.alg)
            && head.kid.as_ref().is_none_or(|kid| *kid == key.kid)
    };
    let mut fitting = keys.keys.iter().filter(fits);
    if !fitting.any(|key| is_by(key, &head.alg, said.as_bytes(), &signature)) {
        return Err(BY_NO_KEY);
    }
    serde_json::from_slice(&bytes(claims).ok_or(NONE)?).map_err(|_| NONE)
}

/// Whether a key signed something by an algorithm. The key's kind must be the algorithm's, so that no
/// public key is ever taken for a secret.
fn is_by(key: &Key, algorithm: &str, said: &[u8], signature: &[u8]) -> bool {
    let verified = match (algorithm, key.kty.as_str(), key.crv.as_str()) {
        ("RS256", "RSA", _) => rsa(key, &RSA_PKCS1_2048_8192_SHA256, said, signature),
        ("RS384", "RSA", _) => rsa(key, &RSA_PKCS1_2048_8192_SHA384, said, signature),
        ("RS512", "RSA", _) => rsa(key, &RSA_PKCS1_2048_8192_SHA512, said, signature),
        ("PS256", "RSA", _) => rsa(key, &RSA_PSS_2048_8192_SHA256, said, signature),
        ("PS384", "RSA", _) => rsa(key, &RSA_PSS_2048_8192_SHA384, said, signature),
        ("PS512", "RSA", _) => rsa(key, &RSA_PSS_2048_8192_SHA512, said, signature),
        ("ES256", "EC", "P-256") => curve(key, &ECDSA_P256_SHA256_FIXED, said, signature),
        ("ES384", "EC", "P-384") => curve(key, &ECDSA_P384_SHA384_FIXED, said, signature),
        ("EdDSA" | "Ed25519", "OKP", "Ed25519") => bytes(&key.x).and_then(|x| {
            let key = UnparsedPublicKey::new(&ED25519, x);
            key.verify(said, signature).ok()
        }),
        _ => None,
    };
    verified.is_some()
}

fn rsa(key: &Key, parameters: &RsaParameters, said: &[u8], signature: &[u8]) -> Option<()> {
    let (n, e) = (bytes(&key.n)?, bytes(&key.e)?);
    let key = RsaPublicKeyComponents { n, e };
    key.verify(parameters, said, signature).ok()
}

/// A point as ring takes it: uncompressed (SEC 1, 2.3.3).
fn curve(
    key: &Key,
    algorithm: &'static dyn VerificationAlgorithm,
    said: &[u8],
    signature: &[u8],
) -> Option<()> {
    let point = [vec![4], bytes(&key.x)?, bytes(&key.y)?].concat();
    let key = UnparsedPublicKey::new(algorithm, point);
    key.verify(said, signature).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: a key and what it signed.
    const ED25519_KEY: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    const ED25519_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    /// RFC 7515, appendix A.3.
    const ES256_KEY: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"a",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
    const ES256_SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn keys(text: &str) -> Keys {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_signatures_of_the_standards_are_those_of_their_keys() {
        let claims = signed(ES256_SIGNED, &keys(ES256_KEY)).unwrap();
        assert_eq!(claims["iss"], "joe");
        // What is signed there is no JSON: the signature is good and the claims are not.
        assert_eq!(
            signed(ED25519_SIGNED, &keys(ED25519_KEY)),
            Err("this is no token")
        );
        let other = ED25519_SIGNED.replace(".hgy", ".hgz");
        let refused = Err("no key of the provider signed the token");
        assert_eq!(signed(&other, &keys(ED25519_KEY)), refused);
    }

    #[test]
    fn s10_a_token_that_no_key_signed_says_nothing() {
        let keys = keys(ES256_KEY);
        let claims = ES256_SIGNED.split('.').nth(1).unwrap();
        let signature = ES256_SIGNED.split('.').nth(2).unwrap();
        let token = |head: &str, claims: &str, signature: &str| {
            format!("{}.{claims}.{signature}", base64(head.as_bytes()))
        };
        let other = base64(br#"{"iss":"eve"}"#);
        for wrong in [
            token(r#"{"alg":"none"}"#, claims, ""),
            token(r#"{"alg":"None"}"#, claims, signature),
            token(r#"{"alg":"HS256"}"#, claims, signature),
            token(r#"{"alg":"RS256"}"#, claims, signature),
            token(r#"{"alg":"ES256"}"#, &other, signature),
            token(r#"{"alg":"ES256","kid":"b"}"#, claims, signature),
            token(r#"{"alg":"ES256","crit":["x"],"x":1}"#, claims, signature),
            token(r#"{"alg":"ES256"}"#, claims, &base64(&[0; 64])),
            ES256_SIGNED.trim_end_matches('Q').to_owned(),
            ES256_SIGNED.rsplit_once('.').unwrap().0.to_owned(),
            String::new(),
            "..".to_owned(),
        ] {
            assert!(signed(&wrong, &keys).is_err(), "{wrong}");
        }
    }
}
