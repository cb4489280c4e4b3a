//! A line to a server that stays open.

use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A request that reads; a token where one is needed.
pub fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n")
}

/// A request with a body of JSON.
pub fn post(path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// An open line.
pub struct Line(BufReader<TcpStream>);

impl Line {
    pub async fn to(address: &str) -> Result<Line> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Line(BufReader::new(stream)))
    }

    /// Asks, and says how long the whole answer took.
    pub async fn asked(&mut self, request: &str) -> Result<Duration> {
        let began = Instant::now();
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        let is_good = line.starts_with("HTTP/1.1 200");
        let status = line.trim().to_owned();
        let mut length = None;
        loop {
            line.clear();
            self.0.read_line(&mut line).await?;
            let Some((name, value)) = line.trim().split_once(": ") else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.parse::<usize>()?);
            }
        }
        let mut body = vec![0; length.context("an answer says how long it is")?];
        self.0.read_exact(&mut body).await?;
        let body = String::from_utf8_lossy(&body);
        ensure!(is_good, "{request}: {status} {body}");
        Ok(began.elapsed())
    }
}
