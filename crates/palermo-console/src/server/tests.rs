//! Sees: a route, status or header that is wrong, an address that must be refused, a server that
//! does not stop, a silent or trickling client that is kept. Talks to a real socket.

use super::*;
use crate::connection::CONNECTIONS_MAX;
use palermo_ops::Phase;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

struct Running {
    address: SocketAddr,
    health: Arc<Health>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<Result<(), ConsoleError>>>,
}

impl Running {
    #[expect(clippy::disallowed_methods, reason = "a server of a test has a thread")]
    fn start(patience: Patience) -> Self {
        let mut console = Console::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        console.patience = patience;
        let address = console.address().unwrap();
        let (metrics, health) = (Arc::new(Metrics::new().unwrap()), Arc::new(Health::new()));
        metrics.delivered(palermo_domain::TopicRole::Payments, 7, 70);
        let stop = Arc::new(AtomicBool::new(false));
        let (h, s) = (Arc::clone(&health), Arc::clone(&stop));
        let thread =
            std::thread::Builder::new().spawn(move || console.serve(metrics, h, s)).unwrap();
        Self { address, health, stop, thread: Some(thread) }
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self) {
        self.stop.store(true, Ordering::Release);
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

#[test]
fn routes_answer() {
    let server = Running::start(Patience::default());
    for (request, status, body) in [
        ("GET /livez", "200 OK", "ok\n"),
        ("GET /readyz", "503 Service Unavailable", "wait assigned\nwait restored\n"),
        (
            "GET /metrics",
            "200 OK",
            "palermo_source_records_total{source=\"log\",topic=\"payments\"} 7\n",
        ),
        ("GET /", "404 Not Found", "there are /livez, /readyz, /metrics and /control-totals"),
        ("GET /control-totals", "200 OK", "\n0 payments are missing\n"),
        ("GET /metrics/../secret", "404 Not Found", ""),
        ("POST /metrics", "405 Method Not Allowed", "only GET and HEAD\n"),
        ("DELETE /readyz", "405 Method Not Allowed", ""),
        ("HEAD /livez", "200 OK", ""),
    ] {
        let answer = server.ask(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}: {answer}");
        assert!(answer.contains(body), "{request}: {answer}");
        assert!(answer.contains("cache-control: no-store\r\n"), "{request}: {answer}");
        assert!(answer.contains("x-content-type-options: nosniff\r\n"), "{request}: {answer}");
    }
    for phase in Phase::ALL {
        server.health.set(phase, true);
    }
    assert!(server.ask("GET /readyz").starts_with("HTTP/1.1 200 OK\r\n"));
    server.health.stop("fenced");
    let answer = server.ask("GET /readyz");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("stop fenced\n"), "{answer}");
    server.stop();
}

#[test]
fn only_loopback_is_bound() {
    for (address, bound) in [
        ("127.0.0.1:0", true),
        ("127.3.2.1:0", true),
        ("0.0.0.0:9464", false),
        ("[::]:9464", false),
        ("192.0.2.7:9464", false),
        ("[::ffff:192.0.2.7]:9464", false),
    ] {
        assert_eq!(Console::bind(address.parse().unwrap()).is_ok(), bound, "{address}");
    }
    let error = Console::bind("0.0.0.0:9464".parse().unwrap()).unwrap_err();
    assert_eq!(error.code(), "http_not_loopback");
    assert_eq!(
        error.to_string(),
        "`http.listen` is `0.0.0.0:9464`, which is not a loopback address, and the keys `http.tls` \
         and `http.authentication` that it would need do not exist yet; choose `127.0.0.1:9464` and \
         put a proxy with TLS and authentication in front of it"
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Console::bind(taken.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.code(), "http_listen");
}

#[test]
fn a_silent_client_is_closed_and_does_not_hold_the_stop() {
    let idle = Duration::from_millis(200);
    let server = Running::start(Patience { idle, ..Patience::default() });
    let mut silent = TcpStream::connect(server.address).unwrap();
    write!(silent, "GET /livez HT").unwrap();
    let mut rest = Vec::new();
    silent.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // Closed by the server: the read ends (or is reset) long before its own timeout.
    let read = silent.read_to_end(&mut rest);
    assert!(read.is_ok() || read.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
    server.stop();

    let server = Running::start(Patience::default());
    let _open = TcpStream::connect(server.address).unwrap();
    server.stop();
}

/// One byte before each silence ends is no silence: only an end for the whole request helps.
#[test]
fn clients_that_trickle_do_not_keep_others_out() {
    let (idle, exchange) = (Duration::from_secs(20), Duration::from_millis(600));
    let server = Running::start(Patience { idle, exchange });
    let mut slow: Vec<TcpStream> =
        (0..CONNECTIONS_MAX).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let trickle = move || {
        while !stopped.load(Ordering::Acquire) {
            // What was closed refuses the byte, and is gone.
            slow.retain_mut(|stream| stream.write_all(b"G").is_ok());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    };
    #[expect(clippy::disallowed_methods, reason = "slow clients have a thread")]
    let clients = std::thread::Builder::new().spawn(trickle).unwrap();
    #[expect(clippy::disallowed_methods, reason = "how long a client waits is what is tested")]
    let begun = Instant::now();
    assert!(server.ask("GET /readyz").starts_with("HTTP/1.1 503"));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    stop.store(true, Ordering::Release);
    clients.join().unwrap();
    server.stop();
}
