//! Connections with a bound on their number, on their silence and on their slowness.
//!
//! The HTTP library waits for the next byte for ever. A [`Guarded`] stream ends with an error
//! where nothing moved for [`IDLE_MAX`], and where a request is not all here, or an answer not taken,
//! [`EXCHANGE_MAX`] after its first byte; a [`Door`] admits at most [`CONNECTIONS_MAX`] at a time.
//! So clients that open connections and send or take a byte now and then can neither use up the
//! process nor keep the others out for long.

use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

/// A connection on which nothing moves for so long is closed.
pub const IDLE_MAX: Duration = Duration::from_secs(20);
/// A request must be here, and an answer taken, so long after its first byte; both are small.
pub const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// So many connections are served at a time; further ones wait in the kernel's queue.
pub const CONNECTIONS_MAX: usize = 32;
/// Pause after a failed accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A listener that admits a bounded number of guarded streams.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    patience: Patience,
}

/// How long a connection may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) idle: Duration,
    pub(crate) exchange: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { idle: IDLE_MAX, exchange: EXCHANGE_MAX }
    }
}

impl Door {
    pub(crate) fn new(listener: TcpListener, patience: Patience) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), patience }
    }
}

impl Listener for Door {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { continue };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let patience = self.patience;
                    let timer = Box::pin(tokio::time::sleep(patience.idle));
                    let guarded = Guarded { stream, timer, patience, begun: None, _place: place };
                    return (guarded, peer);
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The two halves of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Request,
    Answer,
}

/// A stream that fails after a silence, and where half an exchange takes too long.
#[derive(Debug)]
pub(crate) struct Guarded {
    stream: TcpStream,
    timer: Pin<Box<Sleep>>,
    patience: Patience,
    /// The half that bytes moved in last, and when its first one did.
    begun: Option<(Half, Instant)>,
    _place: OwnedSemaphorePermit,
}

impl Guarded {
    /// Starts the timer again after progress; fails where it has run out, or the half of the
    /// exchange has.
    fn guard<T>(
        &mut self,
        cx: &mut Context<'_>,
        half: Half,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let late = || Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        if polled.is_ready() {
            let now = Instant::now();
            let since = self.begun.filter(|(begun, _)| *begun == half).map_or(now, |(_, at)| at);
            self.begun = Some((half, since));
            if now.saturating_duration_since(since) > self.patience.exchange {
                return late();
            }
            // Between an answer and the next request only silence counts.
            let idle = now.checked_add(self.patience.idle);
            let end = since.checked_add(self.patience.exchange).filter(|_| half == Half::Request);
            if let Some(deadline) = idle.into_iter().chain(end).min() {
                self.timer.as_mut().reset(deadline);
            }
            return polled;
        }
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => late(),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.guard(cx, Half::Request, polled)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.guard(cx, Half::Answer, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
