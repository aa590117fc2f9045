//! Each action acts: a broker made of a few lines says what reached it, a client what came back.

use super::*;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

/// What reached the broker: key and correlation id of each request.
type Reached = Arc<Mutex<Vec<(i16, i32)>>>;

/// Answers every request with its correlation id and a word.
fn broker() -> (SocketAddr, Reached) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reached: Reached = Arc::default();
    let all = Arc::clone(&reached);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let reached = Arc::clone(&all);
            std::thread::spawn(move || {
                while let Some(frame) = Frame::read(Way::Request, &stream) {
                    reached.lock().unwrap().push((frame.key, frame.correlation));
                    if stream.write_all(&answer(frame.correlation)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, reached)
}

fn answer(correlation: i32) -> Vec<u8> {
    let mut bytes = 12_i32.to_be_bytes().to_vec();
    bytes.extend(correlation.to_be_bytes());
    bytes.extend(b"answered");
    bytes
}

fn request(key: i16, correlation: i32) -> Vec<u8> {
    let mut bytes = 16_i32.to_be_bytes().to_vec();
    bytes.extend(key.to_be_bytes());
    bytes.extend(1_i16.to_be_bytes());
    bytes.extend(correlation.to_be_bytes());
    bytes.extend(b"question");
    bytes
}

struct Ground {
    proxy: Proxy,
    reached: Reached,
}

impl Ground {
    fn new() -> Self {
        let (upstream, reached) = broker();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { proxy: Proxy::start(listener, upstream), reached }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.proxy.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream
    }

    fn reached(&self) -> Vec<(i16, i32)> {
        self.reached.lock().unwrap().clone()
    }

    fn waits_for(&self, count: usize) {
        crate::wait_until("it reaches the broker", Duration::from_secs(5), || {
            self.reached().len() == count
        });
    }
}

/// How a question ended for the client.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Answer,
    Nothing,
    End,
    Reset,
}

fn ask(mut stream: &TcpStream, key: i16, correlation: i32) -> Came {
    if stream.write_all(&request(key, correlation)).is_err() {
        return Came::Reset;
    }
    hear(stream, correlation)
}

fn hear(mut stream: &TcpStream, correlation: i32) -> Came {
    let mut bytes = [0; 16];
    match stream.read_exact(&mut bytes) {
        Ok(()) => {
            assert_eq!(bytes.to_vec(), answer(correlation));
            Came::Answer
        }
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Came::Nothing,
            ErrorKind::UnexpectedEof => Came::End,
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Came::Reset,
            other => panic!("{other}"),
        },
    }
}

#[test]
fn what_no_rule_picks_passes_and_is_counted() {
    let ground = Ground::new();
    let stream = ground.connect();
    let rule = ground.proxy.add(Rule::request(26, Action::CutBefore));
    for (number, key) in (1..).zip([0, 28, 0]) {
        assert_eq!(ask(&stream, key, number), Came::Answer);
    }
    assert_eq!(ground.reached(), [(0, 1), (28, 2), (0, 3)]);
    assert_eq!(ground.proxy.seen(Way::Request, 0), 2);
    assert_eq!(ground.proxy.seen(Way::Answer, 28), 1);
    assert_eq!((ground.proxy.fired(rule), ground.proxy.hindered()), (0, 0));
}

#[test]
fn each_action_acts_on_the_frame_that_is_meant() {
    let slow = Duration::from_millis(5);
    // What comes back, whether the broker has it, and what comes back to the question after it.
    let rows = [
        (Rule::request(26, Action::CutBefore), Came::End, false, None),
        (Rule::request(26, Action::CutAfter), Came::End, true, None),
        (Rule::request(26, Action::Lose), Came::Nothing, false, Some(Came::Nothing)),
        (Rule::answer(26, Action::Lose), Came::Nothing, true, Some(Came::Nothing)),
        (Rule::answer(26, Action::CutBefore), Came::End, true, None),
        (Rule::request(26, Action::Reset(7)), Came::Reset, false, None),
        (Rule::answer(26, Action::Reset(7)), Came::Reset, true, None),
        (Rule::request(26, Action::Trickle(3, slow)), Came::Answer, true, Some(Came::Answer)),
        (Rule::answer(26, Action::Delay(slow)), Came::Answer, true, Some(Came::Answer)),
        (Rule::answer(26, Action::Hold), Came::Nothing, true, None),
    ];
    for (rule, came, reaches, next) in rows {
        let ground = Ground::new();
        let stream = ground.connect();
        let id = ground.proxy.add(rule.after(1));
        assert_eq!(ask(&stream, 0, 1), Came::Answer);
        assert_eq!(ask(&stream, 26, 2), Came::Answer, "the first that fits passes");
        assert_eq!(ask(&stream, 26, 3), came, "{rule:?}");
        assert_eq!(ground.reached().contains(&(26, 3)), reaches, "{rule:?}");
        assert_eq!(ground.proxy.fired(id), 1, "{rule:?}");
        if let Some(next) = next {
            assert_eq!(ask(&stream, 26, 4), next, "{rule:?}");
        }
        assert_eq!(ask(&ground.connect(), 26, 5), Came::Answer, "{rule:?}: another connection");
    }
}

#[test]
fn a_held_request_arrives_after_its_client_has_gone() {
    let ground = Ground::new();
    let id = ground.proxy.add(Rule::request(26, Action::Hold));
    let stream = ground.connect();
    assert_eq!(ask(&stream, 26, 1), Came::Nothing);
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    assert_eq!(ask(&ground.connect(), 26, 2), Came::Answer);
    assert_eq!(ground.reached(), [(26, 2)]);
    ground.proxy.release(id);
    ground.waits_for(2);
    assert_eq!(ground.reached(), [(26, 2), (26, 1)]);
    crate::wait_until("its answer is kept", Duration::from_secs(5), || {
        ground.proxy.answers(id) == [answer(1)]
    });
}

#[test]
fn all_connections_stand_still_are_lost_refused_and_cut() {
    let ground = Ground::new();
    let stream = ground.connect();
    assert_eq!(ask(&stream, 3, 1), Came::Answer);
    for way in [Way::Request, Way::Answer] {
        ground.proxy.stall(way, true);
        assert_eq!(ask(&stream, 3, 2), Came::Nothing, "{way:?}");
        ground.proxy.stall(way, false);
        assert_eq!(hear(&stream, 2), Came::Answer, "it arrives when the network heals");
    }
    assert_eq!(ground.proxy.hindered(), 2);
    let clog = ground.proxy.clog(0).unwrap();
    assert_eq!(ask(&stream, 3, 3), Came::Nothing);
    assert_eq!(ask(&ground.connect(), 3, 4), Came::Answer, "the others move");
    clog.free();
    assert_eq!(hear(&stream, 3), Came::Answer);
    ground.proxy.lose(Way::Answer);
    let before = ground.reached().len();
    assert_eq!(ask(&stream, 3, 5), Came::Nothing);
    assert_eq!(ground.reached().len(), before + 1);
    let whole = ground.connect();
    assert_eq!(ask(&whole, 3, 6), Came::Answer);
    ground.proxy.refuse(true);
    assert!(TcpStream::connect(ground.proxy.address()).is_err());
    ground.proxy.heal();
    assert_eq!(ask(&whole, 3, 8), Came::Answer);
    ground.proxy.cut_all();
    assert!(matches!(ask(&whole, 3, 9), Came::End | Came::Reset));
    assert_eq!(ask(&ground.connect(), 3, 10), Came::Answer);
}
