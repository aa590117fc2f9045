//! A proxy between an engine and its broker that does to the network what an operator cannot:
//! exactly this request, in exactly this direction, exactly so often.
//!
//! It reads of Kafka's wire only the head of each frame (length, API key, correlation id), so it knows
//! which request a frame is and which request an answer belongs to, and passes on or spoils whole
//! frames. [`Rule`]s pick frames by API key and direction; [`Proxy::stall`], [`Proxy::lose`] and
//! [`Proxy::refuse`] act on every connection.
//!
//! Promises: what no rule picks passes unchanged and in order. Every fault is counted
//! ([`Proxy::fired`]): a test asserts that its fault did happen. A client that hangs up does not take
//! the connection to the broker along while a frame of it is held: that is how a late copy arrives.
//!
//! Cost: two threads a connection; a frame is in memory once.

mod frame;
mod link;
#[cfg(test)]
mod tests;

pub use frame::{Way, api};

use frame::Frame;
use link::Link;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What becomes of a frame that a rule picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It waits, and what follows it in its direction, until [`Proxy::release`].
    Hold,
    /// The connection ends and the frame is lost.
    CutBefore,
    /// The frame goes on; then the connection ends, so that a request is done and not answered.
    CutAfter,
    /// The frame vanishes, and all that follows it on this connection in this direction.
    Lose,
    /// So many bytes of it go on, then both ends get a RST.
    Reset(usize),
    /// It goes on in pieces of so many bytes, with this pause after each.
    Trickle(usize, Duration),
    /// It goes on after this pause.
    Delay(Duration),
}

/// Which frames, and what to do to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// API key of [`api`]; any where there is none.
    pub key: Option<i16>,
    /// Requests or answers.
    pub way: Way,
    /// So many that would fit pass before.
    pub skip: u64,
    /// So many are picked then.
    pub times: u64,
    /// What is done.
    pub action: Action,
}

impl Rule {
    /// The next request of this key.
    pub const fn request(key: i16, action: Action) -> Self {
        Self { key: Some(key), way: Way::Request, skip: 0, times: 1, action }
    }

    /// The next answer to a request of this key.
    pub const fn answer(key: i16, action: Action) -> Self {
        Self { key: Some(key), way: Way::Answer, skip: 0, times: 1, action }
    }

    /// The same after so many that fit.
    #[must_use]
    pub const fn after(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    /// The same for so many.
    #[must_use]
    pub const fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }
}

/// Names a rule of a proxy.
pub type RuleId = usize;

#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u64,
    fired: u64,
    released: bool,
    /// Answers to requests that were held, as they came from the broker.
    answers: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Armed>,
    /// Frames that were read, by direction and key.
    seen: BTreeMap<(Way, i16), u64>,
    /// Directions that stand still.
    stalled: [bool; 2],
    /// Frames that found theirs so, or were lost by [`Proxy::lose`].
    hindered: u64,
    /// Nobody is to listen, and nobody listens.
    refuse: bool,
    closed: bool,
    /// Open and past connections.
    links: Vec<Arc<Link>>,
}

/// What the threads share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    over: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until it is so, or the proxy ends.
    fn wait(&self, mut ready: impl FnMut(&mut State) -> bool) {
        let mut state = self.lock();
        while !ready(&mut state) && !self.over.load(Ordering::Acquire) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts a frame and says which rule picks it.
    fn judge(&self, way: Way, frame: &Frame) -> Option<(RuleId, Action)> {
        self.change(|state| {
            *state.seen.entry((way, frame.key)).or_default() += 1;
            for (id, armed) in state.rules.iter_mut().enumerate() {
                let rule = armed.rule;
                if rule.way != way || rule.key.is_some_and(|key| key != frame.key) {
                    continue;
                }
                armed.seen += 1;
                if armed.seen > rule.skip && armed.fired < rule.times {
                    armed.fired += 1;
                    return Some((id, rule.action));
                }
            }
            None
        })
    }
}

/// A listening proxy. It ends with its value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a port and leads to `upstream`.
    pub fn start(listener: TcpListener, upstream: SocketAddr) -> Self {
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let inner = Arc::clone(&shared);
        let listening = std::thread::spawn(move || listen(listener, upstream, &inner));
        Self { address, shared, listening: Some(listening) }
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Adds a rule; it counts from here. Of several that fit a frame the oldest has it.
    pub fn add(&self, rule: Rule) -> RuleId {
        self.shared.change(|state| {
            let (seen, fired, released, answers) = (0, 0, false, Vec::new());
            state.rules.push(Armed { rule, seen, fired, released, answers });
            state.rules.len() - 1
        })
    }

    /// How many frames a rule has picked.
    pub fn fired(&self, rule: RuleId) -> u64 {
        self.shared.lock().rules[rule].fired
    }

    /// Lets go what a rule holds, and holds nothing more.
    pub fn release(&self, rule: RuleId) {
        self.shared.change(|state| {
            state.rules[rule].released = true;
            state.rules[rule].rule.times = 0;
        });
    }

    /// What the broker answered to the held requests of a rule after their release.
    pub fn answers(&self, rule: RuleId) -> Vec<Vec<u8>> {
        self.shared.lock().rules[rule].answers.clone()
    }

    /// How many frames of a key were read.
    pub fn seen(&self, way: Way, key: i16) -> u64 {
        self.shared.lock().seen.get(&(way, key)).copied().unwrap_or(0)
    }

    /// A direction of every connection stands still, as a partition that heals in time looks: what was
    /// sent meanwhile arrives afterwards.
    pub fn stall(&self, way: Way, stalled: bool) {
        self.shared.change(|state| state.stalled[way as usize] = stalled);
    }

    /// Whatever comes on a direction of the present connections vanishes, for good: the other end is
    /// half open.
    pub fn lose(&self, way: Way) {
        for link in self.open() {
            link.lose(way);
        }
    }

    /// Nobody listens any more, or somebody again; connections stay.
    pub fn refuse(&self, refuse: bool) {
        self.shared.change(|state| state.refuse = refuse);
        if refuse {
            self.knock();
        }
        self.shared.wait(|state| state.closed == refuse);
    }

    /// Wakes the listener.
    fn knock(&self) {
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
    }

    /// Frames that stood still or were lost.
    pub fn hindered(&self) -> u64 {
        self.shared.lock().hindered
    }

    /// How many connections are open, in the order in which they came.
    pub fn connections(&self) -> usize {
        self.open().len()
    }

    /// The n-th open connection stands still, both ways; the way back.
    pub fn clog(&self, n: usize) -> Option<Clog> {
        let link = self.open().get(n).cloned()?;
        link.clog(true);
        Some(Clog { link, shared: Arc::clone(&self.shared) })
    }

    /// Ends every connection.
    pub fn cut_all(&self) {
        self.open().iter().for_each(|link| link.cut());
    }

    /// As new: no rule, nothing held, nothing standing still. Counts of rules are forgotten.
    pub fn heal(&self) {
        self.shared.change(|state| {
            for armed in &mut state.rules {
                armed.released = true;
                armed.rule.times = 0;
            }
            state.stalled = [false; 2];
            state.links.iter().for_each(|link| link.clog(false));
        });
        self.refuse(false);
    }

    fn open(&self) -> Vec<Arc<Link>> {
        self.shared.change(|state| {
            state.links.retain(|link| link.is_open());
            state.links.clone()
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        self.shared.change(|_| ());
        self.knock();
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
        self.cut_all();
    }
}

/// A connection that stands still.
#[derive(Debug)]
pub struct Clog {
    link: Arc<Link>,
    shared: Arc<Shared>,
}

impl Clog {
    /// It moves again.
    pub fn free(self) {
        self.link.clog(false);
        self.shared.change(|_| ());
    }
}

fn listen(mut listener: TcpListener, upstream: SocketAddr, shared: &Arc<Shared>) {
    let address = listener.local_addr().expect("its address");
    loop {
        let client = listener.accept();
        if shared.lock().refuse {
            drop((client, listener));
            shared.change(|state| state.closed = true);
            shared.wait(|state| !state.refuse);
            if shared.over.load(Ordering::Acquire) {
                return;
            }
            listener = TcpListener::bind(address).expect("the port is still free");
            shared.change(|state| state.closed = false);
            continue;
        }
        if shared.over.load(Ordering::Acquire) {
            return;
        }
        let Ok((client, _)) = client else { continue };
        // Where the broker is down, so is the proxy.
        let Ok(broker) = TcpStream::connect_timeout(&upstream, Duration::from_secs(1)) else {
            continue;
        };
        let _ = (client.set_nodelay(true), broker.set_nodelay(true));
        let link = Arc::new(Link::new(client, broker));
        shared.change(|state| state.links.push(Arc::clone(&link)));
        for way in [Way::Request, Way::Answer] {
            let (link, shared) = (Arc::clone(&link), Arc::clone(shared));
            std::thread::spawn(move || {
                pump(way, &link, &shared);
                if link.is_open() {
                    link.cut();
                }
                // Who else holds it keeps it open, and whoever waits for it must see its end.
                shared.change(|state| state.links.retain(|link| link.is_open()));
            });
        }
    }
}

/// How long the answer to a late request is waited for before the broker is told that nobody listens.
const LINGER: Duration = Duration::from_secs(2);

fn await_answer(way: Way, link: &Link, frame: &Frame) {
    let begun = Instant::now();
    while way == Way::Request && link.awaits(frame) && begun.elapsed() < LINGER {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Moves the frames of one direction until an end hangs up.
fn pump(way: Way, link: &Link, shared: &Shared) {
    while let Some(mut frame) = link.read(way) {
        if way == Way::Answer
            && let Some(id) = link.note_answer(&mut frame)
        {
            shared.change(|state| state.rules[id].answers.push(frame.bytes.clone()));
        }
        let picked = shared.judge(way, &frame);
        // What waits for an answer is known before the request goes out.
        if way == Way::Request {
            let held = picked.filter(|(_, action)| *action == Action::Hold);
            link.note_request(&frame, held.map(|(id, _)| id));
        }
        let still = |state: &State| state.stalled[way as usize] || link.is_clogged();
        shared.change(|state| state.hindered += u64::from(still(state) || link.is_lost(way)));
        shared.wait(|state| !still(state) || !link.is_open());
        if link.is_lost(way) {
            continue;
        }
        match picked {
            None => link.write(way, &frame.bytes),
            Some((id, Action::Hold)) => {
                shared.wait(|state| state.rules[id].released);
                if shared.over.load(Ordering::Acquire) {
                    return link.cut();
                }
                link.write(way, &frame.bytes);
                await_answer(way, link, &frame);
            }
            Some((_, Action::CutBefore)) => return link.cut(),
            Some((_, Action::CutAfter)) => {
                link.deafen(way);
                link.write(way, &frame.bytes);
                await_answer(way, link, &frame);
                return link.cut();
            }
            Some((_, Action::Lose)) => link.lose(way),
            Some((_, Action::Reset(bytes))) => {
                link.write(way, &frame.bytes[..bytes.min(frame.bytes.len())]);
                return link.reset();
            }
            Some((_, Action::Trickle(bytes, pause))) => {
                for piece in frame.bytes.chunks(bytes.max(1)) {
                    link.write(way, piece);
                    std::thread::sleep(pause);
                    if !link.is_open() {
                        break;
                    }
                }
            }
            Some((_, Action::Delay(pause))) => {
                std::thread::sleep(pause);
                link.write(way, &frame.bytes);
            }
        }
    }
}
