//! Pages that people read, in a real browser: Chromium without a window.
//!
//! A report of a backtest and one of a sweep are made by the command, opened as files, and looked at: the
//! script has run, nothing was said on the console, no request left the file, and there is a picture in
//! light, in the dark, and on paper. Pictures are kept below `target/tmp/browser`, to be looked at.
//!
//! Without Chromium every test is `ignored` by name, and under `CI=true` every one fails; `make test`
//! installs it.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The command under test.
const BINARY: &str = env!("CARGO_BIN_EXE_palermo-under-test");
/// Names under which distributions have it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Where pages and pictures are.
fn place() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&place).expect("a folder");
    place
}

/// A browser and a profile of its own.
struct Browser {
    program: &'static str,
}

impl Browser {
    fn find() -> Option<Self> {
        let answers = |name: &&&'static str| {
            let asked = Command::new(name).arg("--version").stdin(Stdio::null()).output();
            asked.is_ok_and(|output| output.status.success())
        };
        NAMES.iter().find(answers).map(|program| Self { program })
    }

    /// Opens a page with more arguments; what it writes, and what the console said.
    fn open(&self, page: &Path, arguments: &[String]) -> (String, Vec<String>) {
        let profile = tempfile::tempdir().expect("a profile");
        let output = Command::new(self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-sync",
                "--disable-extensions",
                "--disable-component-update",
                "--disable-background-networking",
                "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,MediaRouter",
                "--no-first-run",
                "--hide-scrollbars",
                "--window-size=1200,2400",
                "--virtual-time-budget=2000",
                "--enable-logging=stderr",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .output()
            .expect("the browser runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = text(&output.stderr);
        assert!(output.status.success(), "{said}");
        let console = said.lines().filter(|line| line.contains(":CONSOLE"));
        (text(&output.stdout), console.map(str::to_owned).collect())
    }

    /// The document after its script has run. Nothing may be said on the console, and nothing asked of
    /// anybody.
    fn document(&self, page: &Path, name: &str) -> String {
        let log = place().join(format!("{name}.netlog.json"));
        let arguments = ["--dump-dom".to_owned(), format!("--log-net-log={}", log.display())];
        let (document, console) = self.open(page, &arguments);
        assert_eq!(console, Vec::<String>::new(), "{name}: the console");
        let log = std::fs::read_to_string(&log).expect("the log of requests");
        assert_eq!(urls(&log), Vec::<String>::new(), "{name}: the page asked for something");
        document
    }

    /// A picture, with more arguments.
    fn picture(&self, page: &Path, name: &str, arguments: &[&str]) -> PathBuf {
        let file = place().join(name);
        let mut all = vec![format!("--screenshot={}", file.display())];
        all.extend(arguments.iter().map(|one| (*one).to_owned()));
        self.open(page, &all);
        let size = std::fs::metadata(&file).expect("a picture").len();
        assert!(size > 10_000, "{name} is empty: {size} bytes");
        file
    }

    fn paper(&self, page: &Path, name: &str) {
        let file = place().join(name);
        self.open(page, &[format!("--print-to-pdf={}", file.display())]);
        let bytes = std::fs::read(&file).expect("a document");
        assert!(bytes.starts_with(b"%PDF") && bytes.len() > 10_000, "{name}");
    }
}

/// Addresses that a page asked for, in a log of requests: one event a line. What the browser asks for by
/// itself has no page as its origin.
fn urls(log: &str) -> Vec<String> {
    let events = log.lines().filter_map(|line| {
        serde_json::from_str::<serde_json::Value>(line.trim_end().trim_end_matches(',')).ok()
    });
    events
        .filter_map(|event| {
            let text = |name: &str| event["params"][name].as_str().map(str::to_owned);
            let origin = text("initiator")?;
            (origin != "not an origin").then(|| text("url"))?
        })
        .collect()
}

fn palermo(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(BINARY)
        .args(arguments)
        .current_dir(folder)
        .env_remove("PALERMO_BOOTSTRAP")
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A month, and a report of it in `name/`.
fn report(name: &str, arguments: &[&str]) -> PathBuf {
    let folder = tempfile::tempdir_in(place()).expect("a folder").keep();
    palermo(&folder, &["synth", "--out", "month", "--accounts", "1000"]);
    let rules = palermo_tests::root().join("rules");
    let rules = rules.to_str().expect("UTF-8");
    let common =
        ["--data", "month", "--labels", "month/truth.json", "--ruleset", rules, "--out", name];
    palermo(&folder, &[arguments, &common].concat());
    folder.join(name).join("index.html")
}

fn backtest_report(browser: &Browser) {
    let rules = palermo_tests::root().join("rules");
    let baseline = rules.to_str().expect("UTF-8");
    let page = report("backtest", &["backtest", "--environment", "pilot", "--baseline", baseline]);
    let document = browser.document(&page, "backtest");
    // The script has shown the filter and counted the rows: none is left where `same` is not asked for.
    assert!(document.contains("<output>0 of "), "the filter has not run");
    assert!(!document.contains("class=\"filter\" hidden"), "the filter is hidden");
    let light = browser.picture(&page, "backtest-light.png", &[]);
    let dark = browser.picture(
        &page,
        "backtest-dark.png",
        &["--force-dark-mode", "--blink-settings=preferredColorScheme=0"],
    );
    let (light, dark) = (std::fs::read(light), std::fs::read(dark));
    assert_ne!(light.expect("light"), dark.expect("dark"), "it looks the same in the dark");
    browser.paper(&page, "backtest.pdf");
}

fn sweep_report(browser: &Browser) {
    let page = report(
        "sweep",
        &["tune", "MS-08", "--param", "min_senders", "--points", "5", "--samples", "4"],
    );
    let document = browser.document(&page, "sweep");
    assert!(document.contains("MS-08.min_senders") && document.contains("<svg"));
    browser.picture(&page, "sweep-light.png", &[]);
}

/// A page that speaks on the console and asks for something is told from one that does not.
fn planted(browser: &Browser) {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("planted.html");
    let text = "<!doctype html><title>t</title><script>console.error('zebra')</script><img src=\"http://127.0.0.1:1/x\">";
    std::fs::write(&page, text).expect("a page");
    let log = folder.path().join("log.json");
    let arguments = ["--dump-dom".to_owned(), format!("--log-net-log={}", log.display())];
    let (_, console) = browser.open(&page, &arguments);
    assert!(console.iter().any(|line| line.contains("zebra")), "{console:?}");
    let log = std::fs::read_to_string(&log).expect("the log of requests");
    assert!(
        urls(&log).iter().any(|url| url.starts_with("http://127.0.0.1:1/")),
        "{:?}",
        urls(&log)
    );
}

type Test = (&'static str, fn(&Browser));

const TESTS: [Test; 3] = [
    ("a_page_that_asks_or_complains_is_noticed", planted),
    ("the_report_of_a_backtest_is_rendered", backtest_report),
    ("the_report_of_a_sweep_is_rendered", sweep_report),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let found = Browser::find().is_some();
    let must_run = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let trials = TESTS.map(|(name, test)| {
        let run = move || match Browser::find() {
            Some(browser) => {
                test(&browser);
                Ok(())
            }
            None => Err(Failed::from("no Chromium: run deploy/scripts/setup.sh browser")),
        };
        Trial::test(name, run).with_ignored_flag(!found && !must_run)
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}
