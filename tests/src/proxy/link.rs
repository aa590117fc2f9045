//! One connection through the proxy: the client's end and the broker's.

use super::RuleId;
use super::frame::{Frame, Way};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    key: i16,
    /// The rule that held it.
    held: Option<RuleId>,
}

/// Both ends and what is known between them.
#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    broker: TcpStream,
    /// By correlation id.
    waiting: Mutex<BTreeMap<i32, Waiting>>,
    lost: [AtomicBool; 2],
    clogged: AtomicBool,
    /// Nothing more reaches the client.
    deaf: AtomicBool,
    closed: AtomicBool,
}

impl Link {
    pub(super) fn new(client: TcpStream, broker: TcpStream) -> Self {
        let no = || AtomicBool::new(false);
        let (lost, waiting) = ([no(), no()], Mutex::default());
        Self { client, broker, waiting, lost, clogged: no(), deaf: no(), closed: no() }
    }

    const fn ends(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::Request => (&self.client, &self.broker),
            Way::Answer => (&self.broker, &self.client),
        }
    }

    pub(super) fn read(&self, way: Way) -> Option<Frame> {
        Frame::read(way, self.ends(way).0)
    }

    /// An end that has hung up is no failure: what the other says is still of interest.
    pub(super) fn write(&self, way: Way, bytes: &[u8]) {
        if way == Way::Request || !self.deaf.load(Ordering::Acquire) {
            let _ = self.ends(way).1.write_all(bytes);
        }
    }

    fn waiting<T>(&self, with: impl FnOnce(&mut BTreeMap<i32, Waiting>) -> T) -> T {
        with(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn note_request(&self, frame: &Frame, held: Option<RuleId>) {
        let waiting = Waiting { key: frame.key, held };
        self.waiting(|all| all.insert(frame.correlation, waiting));
    }

    /// Gives the answer the key of its request; the rule that held that request, if one did.
    pub(super) fn note_answer(&self, frame: &mut Frame) -> Option<RuleId> {
        let waiting = self.waiting(|all| all.remove(&frame.correlation))?;
        frame.key = waiting.key;
        waiting.held
    }

    pub(super) fn awaits(&self, frame: &Frame) -> bool {
        self.waiting(|all| all.contains_key(&frame.correlation)) && self.is_open()
    }

    pub(super) fn lose(&self, way: Way) {
        self.lost[way as usize].store(true, Ordering::Release);
    }

    pub(super) fn is_lost(&self, way: Way) -> bool {
        self.lost[way as usize].load(Ordering::Acquire)
    }

    pub(super) fn clog(&self, clogged: bool) {
        self.clogged.store(clogged, Ordering::Release);
    }

    pub(super) fn is_clogged(&self) -> bool {
        self.clogged.load(Ordering::Acquire)
    }

    /// After a request that is to be done and not answered: the answer does not get through.
    pub(super) fn deafen(&self, way: Way) {
        if way == Way::Request {
            self.deaf.store(true, Ordering::Release);
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// Ends both connections in order.
    pub(super) fn cut(&self) {
        self.closed.store(true, Ordering::Release);
        for end in [&self.client, &self.broker] {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Ends both with a RST: closing with nothing allowed to linger sends one. The last thread that
    /// holds the link closes; it is woken here.
    pub(super) fn reset(&self) {
        self.closed.store(true, Ordering::Release);
        for end in [&self.client, &self.broker] {
            let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
            let _ = end.shutdown(Shutdown::Read);
        }
    }
}
