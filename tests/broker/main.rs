//! The engine against a real Kafka.
//!
//! One broker for all tests of this binary, on a port and in a folder of its own, or the cluster
//! that `PALERMO_BOOTSTRAP` names. The binary has its own `main`, as it owns that broker and must
//! name what it cannot run: without Java or jars every test is `ignored` by name, and under
//! `CI=true` every one fails.
//!
//! What the families can see: `crash` a lost, doubled or altered output and a record without a
//! fate; `replay` anything that depends on speed or fetch sizes; `twins` a zombie that writes;
//! `activation` a change of rules that
//! loses, doubles or lets strangers in; `alerts` an alert that the log does not give again; `export` a range of the topics that gives other
//! alerts as files; `start` a wrong beginning; `life` an unclean
//! end and early readiness; `network` what a failing network between engine and broker does to a commit,
//! to reading and to readiness; `outage` the same of a broker that dies and of an engine that sleeps;
//! `ground_moves` topics and groups that change under it; `doctor` a look that says too little or leaves a
//! trace; `secure` TLS, certificates, passwords and rights; `starved` too little of the machine; `soak` all of
//! the first at length; `operator` what only shows under load; `watched` an alarm that does not fire over a
//! real Prometheus; `canary` personal data in what is written. None sees a fault that the
//! reference run shares: that is what the golden and property tests are for.

mod activation;
mod alerts;
mod canary;
mod crash;
mod doctor;
mod export;
mod ground;
mod ground_moves;
mod life;
mod network;
mod operator;
mod outage;
mod replay;
mod secure;
mod snapshots;
mod soak;
mod start;
mod starved;
mod twins;
mod watched;

use ground::Ground;
use libtest_mimic::{Arguments, Failed, Trial};
use palermo_tests::Broker;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The engine under test.
const BINARY: &str = env!("CARGO_BIN_EXE_palermo-under-test");

/// A test.
type Test = (&'static str, fn(&Ground));

/// In this order: the undisturbed run of the first is what others compare with.
const TESTS: &[Test] = &[
    ("replay::the_undisturbed_run_finds_what_was_planted", replay::undisturbed),
    ("replay::throttled_with_other_fetch_sizes_gives_the_same_bytes", replay::throttled),
    ("crash::killed_at_random_moments_gives_the_same_records", crash::killed),
    ("twins::the_older_is_fenced_and_writes_nothing_more", twins::fenced),
    (
        "twins::the_newer_stays_when_the_older_wakes_after_its_session",
        twins::fenced_beyond_the_session,
    ),
    ("twins::a_pause_beyond_the_session_alone_is_survived", twins::paused_alone),
    ("snapshots::a_killed_engine_finds_back_without_the_beginning", snapshots::found_back),
    ("snapshots::nowhere_to_keep_them_stops_nothing", snapshots::nowhere_to_keep),
    ("start::first_start_needs_to_be_told_where", start::required),
    ("start::a_later_start_ignores_where_with_a_word", start::ignored_later),
    ("start::a_missing_topic_stops_with_what_to_do", start::topic_missing),
    ("start::compacted_parties_stop", start::parties_compacted),
    ("start::compacted_progress_stops", start::progress_compacted),
    ("start::a_dead_letter_topic_that_takes_too_little_stops", start::small_dead_letters),
    ("start::no_broker_is_said_quickly", start::no_broker),
    ("start::a_changed_deciding_key_stops", start::deciding_key_changed),
    ("life::sigterm_drains_and_commits", life::sigterm),
    ("life::ready_only_while_consuming", life::readiness),
    ("life::dead_letters_say_why_and_whence", life::dead_letters),
    ("life::a_long_dead_letter_is_kept_whole", life::long_letter),
    ("alerts::every_revision_comes_out_again_with_the_same_bytes", alerts::same_bytes),
    ("alerts::other_bytes_are_told_by_their_fields", alerts::other_bytes),
    ("alerts::an_input_that_is_missing_is_named", alerts::missing),
    ("activation::rules_change_under_load_and_back", activation::under_load),
    ("activation::rules_of_strangers_change_nothing", activation::strangers),
    ("export::a_range_of_the_topics_is_data_of_a_backtest", export::range),
    ("export::a_range_that_is_gone_is_told_with_the_earliest_one", export::gone),
    ("network::a_late_commit_does_not_end_the_next_transaction", network::late_commit),
    ("network::a_commit_whose_answer_is_lost_is_found_out", network::lost_answer),
    ("network::requests_of_a_transaction_without_an_answer", network::unanswered),
    ("network::nothing_gets_through_for_longer_than_the_session", network::partitioned),
    ("network::resets_crumbs_and_clogged_connections", network::rough),
    ("network::a_broker_that_leads_astray_is_named", network::misled),
    ("ground_moves::records_that_are_gone_stop_with_their_offsets", ground_moves::records_gone),
    ("ground_moves::a_gap_is_accepted_once_and_said", ground_moves::gap_accepted),
    ("ground_moves::a_group_that_forgot_stops", ground_moves::group_forgotten),
    ("ground_moves::a_deleted_output_stops_and_is_not_made_anew", ground_moves::output_deleted),
    ("ground_moves::a_topic_that_grew_stops", ground_moves::partitions_added),
    ("ground_moves::an_alert_that_does_not_fit_stops_before_its_commit", ground_moves::too_large),
    ("ground_moves::an_open_upstream_transaction_is_said", ground_moves::upstream_open),
    ("starved::no_descriptors", starved::no_descriptors),
    ("starved::a_hundredth_of_a_cpu", starved::no_cpu),
    ("starved::files_that_cannot_grow", starved::no_large_files),
    ("starved::a_full_disk_for_snapshots", starved::disk_full),
    ("starved::a_disk_that_becomes_read_only", starved::disk_read_only),
    ("starved::a_state_folder_that_is_removed", starved::state_removed),
    ("outage::the_broker_is_killed_and_comes_back", outage::broker_killed),
    ("outage::a_transaction_that_the_broker_forgot_is_ended", outage::forgotten),
    ("outage::a_transaction_that_became_too_old_in_sleep", outage::too_old),
    ("outage::a_sleeper_that_was_replaced_writes_nothing", outage::too_old_and_replaced),
    ("secure::a_password_over_tls_with_the_least_rights", secure::scram),
    ("secure::a_client_certificate", secure::mutual),
    ("secure::each_mistake_in_the_connection_is_told", secure::mistakes),
    ("secure::without_any_one_right_it_stops_and_names_it", secure::each_right),
    ("secure::rights_and_users_that_end_while_it_runs", secure::ended),
    ("doctor::a_good_site_is_fine_and_left_alone", doctor::fine),
    ("doctor::what_is_wrong_is_found", doctor::wrong),
    ("doctor::a_missing_right_is_found", doctor::rights),
    ("operator::an_hour_of_changes_and_faults_under_load", operator::hour),
    (WATCHED, watched::alarms),
    ("canary::personal_data_is_written_nowhere", canary::nowhere),
];

/// The one that needs a Prometheus as well.
const WATCHED: &str = "watched::alarms_fire_with_their_page_and_panels_have_answers";

/// Only where `PALERMO_SOAK_MINUTES` asks for it.
const SOAK: Test = ("soak::killed_every_minute", soak::soak);

/// With `PALERMO_LONG` only: it takes the better part of a minute.
const LONG: &[Test] = &[("start::a_transaction_that_nobody_ends_is_named", start::nobody_ends)];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One at a time (see `ALONE`); with more than one thread a result is a line of its own, whatever
    // the test prints meanwhile.
    arguments.test_threads = Some(2);
    let broker = if arguments.list { None } else { Some(Broker::start()) };
    let absent = match &broker {
        Some(Err(absent)) => Some(absent.to_string()),
        _ => None,
    };
    let ground = broker.and_then(Result::ok).map(|broker| Arc::new(Ground::new(broker)));
    let must_run = std::env::var("CI").is_ok_and(|ci| ci == "true");
    let soak = soak::is_wanted().then_some(&SOAK);
    let long = if std::env::var_os("PALERMO_LONG").is_some() { LONG } else { &[] };
    let trials: Vec<Trial> = TESTS
        .iter()
        .chain(long)
        .chain(soak)
        .map(|&(name, test)| {
            let (ground, absent) = (ground.clone(), absent.clone());
            let lacks = name == WATCHED && watched::prometheus().is_none();
            let skipped = (absent.is_some() || lacks) && !must_run;
            let trial = Trial::test(name, move || match (ground, absent) {
                (Some(ground), _) => timed(name, || test(&ground)),
                (None, absent) => Err(Failed::from(absent.unwrap_or_default())),
            });
            trial.with_ignored_flag(skipped)
        })
        .collect();
    if let Some(why) = absent.filter(|_| !must_run) {
        println!("no broker, {} tests are skipped: {why}", trials.len());
        arguments.include_ignored = false;
        arguments.ignored = false;
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The last holder of the broker: here it stops.
    drop(ground);
    conclusion.exit_code()
}

/// Tests share two cores and a broker, and timing is part of what they look at.
static ALONE: Mutex<()> = Mutex::new(());

fn timed(name: &str, test: impl FnOnce()) -> Result<(), Failed> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = Instant::now();
    test();
    println!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
