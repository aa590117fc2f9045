//! The routes and the life of the server.

use crate::connection::{Door, Patience};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use palermo_ops::{Health, Metrics};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Stopping takes at most so long, whatever clients do.
pub const STOP_MAX: Duration = Duration::from_secs(2);
/// How often the stop flag is looked at.
const STOP_LOOK: Duration = Duration::from_millis(50);
/// The exposition format of Prometheus.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Plain text.
const TEXT_TYPE: &str = "text/plain; charset=utf-8";

/// Why the console cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Not a loopback address, and nothing protects it.
    #[error(
        "`http.listen` is `{0}`, which is not a loopback address, and the keys `http.tls` and \
         `http.authentication` that it would need do not exist yet; \
         choose `127.0.0.1:{port}` and put a proxy with TLS and authentication in front of it",
        port = .0.port()
    )]
    NotLoopback(SocketAddr),
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}` (`http.listen`)")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Of the system.
        source: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the HTTP server ended")]
    Serve(#[source] std::io::Error),
}

impl ConsoleError {
    /// Code with a page under `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => "http_not_loopback",
            Self::Bind { .. } | Self::Serve(_) => "http_listen",
        }
    }
}

/// A bound server that does not serve yet.
#[derive(Debug)]
pub struct Console {
    listener: TcpListener,
    patience: Patience,
}

#[derive(Clone, Debug)]
struct Sources {
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

impl Console {
    /// Binds a loopback address.
    ///
    /// # Errors
    /// Another address (S1), or one that cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, ConsoleError> {
        if !address.ip().to_canonical().is_loopback() {
            return Err(ConsoleError::NotLoopback(address));
        }
        let wrap = |source| ConsoleError::Bind { address, source };
        let listener = TcpListener::bind(address).map_err(wrap)?;
        listener.set_nonblocking(true).map_err(wrap)?;
        Ok(Self { listener, patience: Patience::default() })
    }

    /// The bound address, with the port that the system chose for port 0.
    ///
    /// # Errors
    /// Of the system.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is set, on the calling thread.
    ///
    /// # Errors
    /// Where the server cannot go on.
    pub fn serve(
        self,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
        stop: Arc<AtomicBool>,
    ) -> Result<(), ConsoleError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ConsoleError::Serve)?;
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let door = Door::new(listener, self.patience);
            let server = axum::serve(door, routes(Sources { metrics, health }))
                .with_graceful_shutdown(flag(Arc::clone(&stop)));
            tokio::select! {
                served = async move { server.await } => served,
                () = async { flag(stop).await; tokio::time::sleep(STOP_MAX).await } => Ok(()),
            }
        });
        runtime.shutdown_background();
        served.map_err(ConsoleError::Serve)
    }
}

async fn flag(stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Acquire) {
        tokio::time::sleep(STOP_LOOK).await;
    }
}

fn routes(sources: Sources) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/control-totals", get(control_totals))
        .fallback(unknown)
        .method_not_allowed_fallback(other_method)
        .with_state(sources)
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let headers: [(HeaderName, &'static str); 3] = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

async fn livez() -> Response {
    answer(StatusCode::OK, TEXT_TYPE, "ok\n".to_owned())
}

async fn readyz(State(sources): State<Sources>) -> Response {
    let readiness = sources.health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(status, TEXT_TYPE, readiness.text)
}

async fn metrics(State(sources): State<Sources>) -> Response {
    // As they stand now, also where the engine's own thread stands still.
    sources.metrics.ready(&sources.health);
    match sources.metrics.text() {
        Ok(text) => answer(StatusCode::OK, METRICS_TYPE, text),
        Err(_) => answer(
            StatusCode::INTERNAL_SERVER_ERROR,
            TEXT_TYPE,
            "the metrics cannot be shown\n".to_owned(),
        ),
    }
}

async fn control_totals(State(sources): State<Sources>) -> Response {
    answer(StatusCode::OK, TEXT_TYPE, sources.metrics.control_totals())
}

async fn unknown() -> Response {
    let body = "not here; there are /livez, /readyz, /metrics and /control-totals\n".to_owned();
    answer(StatusCode::NOT_FOUND, TEXT_TYPE, body)
}

async fn other_method() -> Response {
    answer(StatusCode::METHOD_NOT_ALLOWED, TEXT_TYPE, "only GET and HEAD\n".to_owned())
}

#[cfg(test)]
mod tests;
