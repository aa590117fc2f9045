//! One GET, as a monitoring system would make it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Status and body; `None` where nobody listens or the answer is none.
pub fn get(port: u16, path: &str) -> Option<(u16, String)> {
    ask(port, path, "1.1")
}

/// As [`get`], in HTTP/1.0, so that a long answer is not cut into chunks.
pub fn get_plain(port: u16, path: &str) -> Option<(u16, String)> {
    ask(port, path, "1.0")
}

fn ask(port: u16, path: &str, version: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request =
        format!("GET {path} HTTP/{version}\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
