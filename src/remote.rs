//! One request to another server, and its answer.
//!
//! In: an address and what to send. Out: status and text of the answer, within limits of time and
//! size. It follows nowhere. A name is looked up once and the line goes to what was found, so that
//! nobody gains by letting it mean something else a moment later. TLS is rustls with ring, and trusts
//! the system's authorities and one of the house's own.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls_native_certs::load_native_certs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A server that takes longer is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// An answer that is longer is none, unless more was asked for.
const BYTES_MAX: usize = 256 * 1024;

/// The server did not answer as servers do: in words for the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

fn failed(why: impl std::fmt::Display) -> Unreachable {
    Unreachable(why.to_string())
}

/// Which servers may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Those that the settings name.
    #[default]
    Any,
    /// Those on the internet alone: never this machine or what stands beside it.
    Public,
}

/// What is asked, and how.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    /// `https://…`, or `http://…`.
    pub address: &'a str,
    /// A certificate of the house's own authority (PEM).
    pub authority: Option<&'a Path>,
    /// What proves who asks: the value of `Authorization`.
    pub authorization: Option<String>,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent, with its kind; without it the address is only read.
    pub body: Option<(&'static str, String)>,
    /// Which servers may be asked.
    pub reach: Reach,
    /// How many bytes of an answer are taken; 256 KiB where nothing is said.
    pub bytes_max: Option<usize>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its text.
    pub text: String,
}

impl Answer {
    /// The text of what was answered as it should be.
    pub fn good(self) -> Result<String, Unreachable> {
        match self.status {
            200 => Ok(self.text),
            status => Err(failed(format!("it answers {status}"))),
        }
    }
}

/// Asks.
pub async fn ask(ask: &Ask<'_>) -> Result<Answer, Unreachable> {
    match timeout(PATIENCE, asked(ask)).await {
        Ok(answer) => answer,
        Err(_) => Err(failed("no answer in ten seconds")),
    }
}

async fn asked(ask: &Ask<'_>) -> Result<Answer, Unreachable> {
    let uri: Uri = ask.address.parse().map_err(failed)?;
    let host = uri
        .host()
        .ok_or_else(|| failed("its address has no host"))?;
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let is_private = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_private { 443 } else { 80 });
    let line = connected(&host, port, ask.reach).await?;
    let request = request(ask, &uri)?;
    let bytes_max = ask.bytes_max.unwrap_or(BYTES_MAX);
    if !is_private {
        return answer(line, request, bytes_max).await;
    }
    let name = ServerName::try_from(host).map_err(failed)?;
    let line = connector(ask.authority)?.connect(name, line).await;
    answer(line.map_err(failed)?, request, bytes_max).await
}

/// A line to the first of the host's addresses that takes one.
async fn connected(host: &str, port: u16, reach: Reach) -> Result<TcpStream, Unreachable> {
    let mut why = failed("its name leads nowhere");
    for address in lookup_host((host, port)).await.map_err(failed)? {
        if reach == Reach::Public && !is_public(address.ip()) {
            why = failed("its name leads to an address that is not on the internet");
            continue;
        }
        match TcpStream::connect::<SocketAddr>(address).await {
            Ok(line) => return Ok(line),
            Err(error) => why = failed(error),
        }
    }
    Err(why)
}

fn request(ask: &Ask<'_>, uri: &Uri) -> Result<Request<Full<Bytes>>, Unreachable> {
    let method = if ask.body.is_some() { "POST" } else { "GET" };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, host)
        .header(USER_AGENT, "kwestura")
        .header(ACCEPT, "*/*");
    if let Some(proof) = &ask.authorization {
        request = request.header(AUTHORIZATION, proof);
    }
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    let body = match &ask.body {
        Some((kind, body)) => {
            request = request.header(CONTENT_TYPE, *kind);
            Bytes::from(body.clone())
        }
        None => Bytes::new(),
    };
    request.body(Full::new(body)).map_err(failed)
}

async fn answer(
    line: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Answer, Unreachable> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(line))
        .await
        .map_err(failed)?;
    let talking = tokio::spawn(connection);
    let read = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), bytes_max).collect().await;
        let body = body.map_err(failed)?.to_bytes();
        let text = String::from_utf8(body.to_vec()).map_err(failed)?;
        Ok(Answer { status, text })
    };
    let answer = read.await;
    talking.abort();
    answer
}

fn connector(authority: Option<&Path>) -> Result<TlsConnector, Unreachable> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(load_native_certs().certs);
    if let Some(path) = authority {
        for certificate in CertificateDer::pem_file_iter(path).map_err(failed)? {
            roots.add(certificate.map_err(failed)?).map_err(failed)?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Whether an address is one of the internet: none of this machine, of a house, of a link, of a
/// documentation, or of nobody (RFC 6890, RFC 6598).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    let is_reserved = matches!((a, b, c), (0 | 240..=255, ..) | (192, 0, 0) | (192, 88, 99));
    let is_shared = a == 100 && (64..=127).contains(&b);
    let is_measured = a == 198 && (18..=19).contains(&b);
    !(is_special || is_reserved || is_shared || is_measured)
}

/// Global unicast is `2000::/3`; in it stand addresses that only wrap one of version 4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, ..] = address.segments();
    match (a, b) {
        (0x2001, 0..=0x01ff | 0x0db8) | (0x3fff, 0..=0x0fff) => false,
        (0x2002, _) => {
            let [high, low] = b.to_be_bytes();
            let [more, last] = c.to_be_bytes();
            is_public_v4(Ipv4Addr::new(high, low, more, last))
        }
        (0x2000..=0x3fff, _) => true,
        _ => address.to_ipv4_mapped().is_some_and(is_public_v4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_house_is_told_from_one_of_the_internet() {
        let table = [
            ("8.8.8.8", true),
            ("193.0.6.139", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("192.0.2.1", false),
            ("2a00:1450::1", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", false),
            ("2002:7f00:1::", false),
            ("64:ff9b::7f00:1", false),
        ];
        for (address, expected) in table {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}
