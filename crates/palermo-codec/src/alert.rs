//! One alert revision as a structured CloudEvent (`alert.v1`).
//!
//! A function of the alert alone: keys in the order of `alert.v1.example.json`, no clock, so the
//! same alert gives the same bytes on every machine. Cost: linear in what the alert holds, which
//! its evidence bounds keep small.

use crate::write::JsonWriter;
use palermo_domain::Alert;
use palermo_domain::alert::{
    Actor, EvidencePayment, IndicatorEvidence, LinkPath, MoneyIn, PagedPayment, Role, RuleRef,
};

/// Version of the engine, as alerts and progress records name it.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// An encoded alert without what names the version of the engine: what stands before it and after
/// it. The version is the only part that is no function of inputs and rules. Other values are
/// returned whole.
pub fn around_engine_version(value: &[u8]) -> (&[u8], &[u8]) {
    // Quotes inside texts are escaped, so this stands nowhere else.
    const BEFORE: &[u8] = b"\"engine\":{\"version\":\"";
    let found = value.windows(BEFORE.len()).position(|window| window == BEFORE);
    let split = found.and_then(|at| value.split_at_checked(at.saturating_add(BEFORE.len())));
    let Some((before, rest)) = split else { return (value, &[]) };
    let end = rest.iter().position(|byte| *byte == b'"').unwrap_or(0);
    (before, rest.get(end..).unwrap_or_default())
}

/// Encodes one revision. The key of its record is the anchor.
pub fn encode_alert(alert: &Alert) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    JsonWriter::new(&mut out).object(|json| {
        json.field("specversion", "1.0");
        json.field("id", &format!("{}:{}", alert.alert_id, alert.revision));
        json.field("source", &format!("palermo/{}", alert.task));
        json.plain_field("type", format_args!("palermo.alert.{}.v1", alert.action.as_str()));
        json.field("subject", &alert.anchor);
        json.plain_field("time", alert.decided_at);
        json.field("datacontenttype", "application/json");
        json.field("dataschema", "alert.v1.schema.json");
        json.field("dataclassification", "restricted");
        json.key("data").object(|json| data(json, alert));
    });
    out
}

fn data(json: &mut JsonWriter<'_>, alert: &Alert) {
    json.field("alert_id", &alert.alert_id);
    json.bare_field("revision", alert.revision);
    json.field("action", alert.action.as_str());
    json.field("cause", alert.cause.as_str());
    json.field("mode", alert.mode.as_str());
    json.field("typology", &alert.typology);
    json.field("title", &alert.title);
    json.texts("crime", texts(&alert.crime));
    json.texts("stage", texts(&alert.stage));
    json.texts("amltrix", texts(&alert.amltrix));
    json.field("headline", &alert.headline);
    json.field("level", alert.level.as_str());
    json.bare_field("score", alert.score);
    json.bare_field("truncated", alert.truncated);
    json.key("episode").object(|json| {
        json.bare_field("n", alert.episode_n);
        json.plain_field("start", alert.episode_start);
        json.plain_field("last", alert.episode_last);
    });
    json.key("who").object(|json| {
        json.key("subjects").array(&alert.subjects, actor);
        json.key("related").array(&alert.related, actor);
        json.bare_field("related_count", alert.related_count);
    });
    json.key("what").object(|json| {
        money(json, "amount_in", alert.amount_in);
        money(json, "amount_out", alert.amount_out);
        json.bare_field("payments", alert.payments);
    });
    json.key("when").object(|json| when(json, alert));
    json.key("where").object(|json| places(json, alert));
    json.key("why").object(|json| why(json, alert));
    if !alert.suppressed_by.is_empty() {
        json.texts("suppressed_by", texts(&alert.suppressed_by));
        json.bare_field("review", alert.review);
    }
    json.key("how").object(|json| how(json, alert));
    json.key("evidence").object(|json| evidence(json, alert));
    json.key("network").object(|json| network(json, alert));
    after(json, alert);
}

fn texts(texts: &[String]) -> impl Iterator<Item = &str> {
    texts.iter().map(String::as_str)
}

fn actor(json: &mut JsonWriter<'_>, actor: &Actor) {
    json.object(|json| {
        json.field("entity", actor.entity);
        json.field("key", &actor.key);
        json.field("role", actor.role.as_str());
        json.field("function", actor.function);
        if actor.masked {
            json.bare_field("masked", true);
        }
    });
}

fn money(json: &mut JsonWriter<'_>, name: &str, money: MoneyIn) {
    json.key(name).object(|json| {
        json.plain_field("value", money.value);
        json.plain_field("ccy", money.currency);
    });
}

fn when(json: &mut JsonWriter<'_>, alert: &Alert) {
    json.plain_field("window", alert.window);
    json.field("triggered_by", &alert.triggered_by);
    json.plain_field("detected_at", alert.detected_at);
    match alert.watermark {
        Some(watermark) => json.plain_field("watermark", watermark),
        None => json.bare_field("watermark", "null"),
    }
    json.bare_field("final", alert.is_final);
}

fn places(json: &mut JsonWriter<'_>, alert: &Alert) {
    for (name, counts) in [("in_regions", &alert.in_regions), ("out_places", &alert.out_places)] {
        json.key(name).object(|json| {
            for (place, count) in counts {
                json.bare_field(place, count);
            }
        });
    }
    json.key("lists").array(&alert.lists, |json, (id, sha256)| {
        json.object(|json| {
            json.field("id", id);
            json.field("sha256", sha256);
        });
    });
}

fn why(json: &mut JsonWriter<'_>, alert: &Alert) {
    json.key("indicators").array(&alert.indicators, indicator);
    json.key("families")
        .array(&alert.families, |json, family| json.text(family.encode_utf8(&mut [0; 4])));
    json.key("score_breakdown").object(|json| {
        json.bare_field("sum", alert.score_sum);
        json.key("bands").object(|json| {
            let (medium, high, critical) = alert.bands;
            json.bare_field("medium", medium);
            json.bare_field("high", high);
            json.bare_field("critical", critical);
        });
    });
    json.key("counterfactuals").array(&alert.counterfactuals, |json, found| {
        json.object(|json| {
            json.field("text", &found.text);
            json.field("indicator", &found.indicator);
            json.field("param", &found.param);
            json.field("observed", &found.observed);
            json.field("threshold", &found.threshold);
            json.field("margin", &found.margin.to_string());
        });
    });
    json.key("against").array(&alert.against, |json, found| {
        json.object(|json| {
            json.field("text", &found.text);
            if !found.indicator.is_empty() {
                json.field("indicator", &found.indicator);
            }
        });
    });
    json.key("suppressors").array(&alert.suppressors, |json, suppressor| {
        json.object(|json| {
            json.field("id", &suppressor.id);
            json.bare_field("applied", suppressor.applied);
            json.field("because", &suppressor.because);
        });
    });
    json.key("link").array(&alert.links, link);
    json.key("undecided").array(&alert.undecided, |json, undecided| {
        json.object(|json| {
            json.field("indicator", &undecided.indicator);
            json.field("field", &undecided.field);
            json.field("missing", &undecided.missing.to_string());
        });
    });
}

fn link(json: &mut JsonWriter<'_>, link: &LinkPath) {
    json.object(|json| {
        json.field("text", &link.text);
        json.key("path").array(&link.steps, |json, step| {
            json.object(|json| {
                json.field("by", step.by);
                json.field("from", &step.from);
                json.field("to", &step.to);
                json.field_opt("shared", step.shared.as_deref());
                json.bare_field("payments", step.payments);
                if let Some(amount) = step.amount {
                    money(json, "amount", amount);
                }
                json.plain_field("first", step.first);
                json.plain_field("last", step.last);
                json.texts("evidence", texts(&step.ids));
            });
        });
        json.key("evidence").array(&link.evidence, |json, evidence| {
            json.object(|json| {
                json.field("rule", &evidence.rule);
                json.field("on", &evidence.on);
                json.plain_field("at", evidence.at);
                json.field("text", &evidence.text);
            });
        });
    });
}

fn indicator(json: &mut JsonWriter<'_>, indicator: &IndicatorEvidence) {
    json.object(|json| {
        json.field("id", &indicator.id);
        json.field("version", &indicator.version);
        json.field("family", indicator.family.encode_utf8(&mut [0; 4]));
        json.field("tier", indicator.tier);
        json.field("on", &indicator.on);
        json.bare_field("points", indicator.points);
        json.field("text", &indicator.text);
        values(json, "observed", &indicator.observed);
        values(json, "required", &indicator.required);
        match indicator.margin {
            Some(margin) => json.plain_field("margin", margin),
            None => json.bare_field("margin", "null"),
        }
        json.key("cite").object(|json| {
            json.field("key", &indicator.cite.key);
            json.field("source", &indicator.cite.source);
            json.field("doc", &indicator.cite.doc);
        });
        json.texts("evidence", texts(&indicator.evidence));
        json.bare_field("evidence_total", indicator.evidence_total);
    });
}

/// Named values: a count is a number, everything else a text.
fn values(json: &mut JsonWriter<'_>, name: &str, values: &[(String, String)]) {
    json.key(name).object(|json| {
        for (name, value) in values {
            if is_count(value) {
                json.bare_field(name, value);
            } else {
                json.field(name, value);
            }
        }
    });
}

/// Whether a text is an integer that every JSON reader holds exactly.
fn is_count(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}

fn how(json: &mut JsonWriter<'_>, alert: &Alert) {
    let RuleRef { id, version, logic_sha256, params_sha256 } = &alert.rule;
    json.key("rule").object(|json| {
        json.field("id", id);
        json.field("version", version);
        json.field("logic_sha256", logic_sha256);
        json.field("params_sha256", params_sha256);
    });
    json.field("ruleset", &alert.ruleset);
    json.field("bundle", &alert.bundle);
    json.key("engine").object(|json| json.field("version", ENGINE_VERSION));
    json.key("input").object(|json| {
        json.field("topic", "payments");
        json.key("positions").array(&alert.input, |json, range| {
            json.object(|json| {
                json.bare_field("partition", range.partition.index);
                json.bare_field("from", range.from);
                json.bare_field("to", range.to);
            });
        });
    });
    json.field("replay", &format!("palermo alert replay {}", alert.alert_id));
}

fn evidence(json: &mut JsonWriter<'_>, alert: &Alert) {
    json.key("payments").array(&alert.evidence, |json, payment| {
        json.object(|json| payment_fields(json, payment));
    });
    json.bare_field("total", alert.payments);
    json.bare_field("pages", alert.pages.count.max(1));
    if alert.pages.revision > 0 {
        json.bare_field("pages_revision", alert.pages.revision);
    }
    if alert.pages.unlisted > 0 {
        json.bare_field("unlisted", alert.pages.unlisted);
    }
}

fn payment_fields(json: &mut JsonWriter<'_>, payment: &EvidencePayment) {
    json.field("id", &payment.id);
    json.plain_field("time", payment.time);
    json.field("kind", payment.kind.as_str());
    json.plain_field("amount", payment.amount);
    json.plain_field("currency", payment.currency);
    json.field("other", &payment.other);
    if payment.masked {
        json.bare_field("masked", true);
    }
}

/// Encodes the pages of evidence that are published with a revision (`evidence.v1`), in order. The key
/// of their records is the anchor. The alert's own list is page 1, so they begin with 2.
pub fn encode_evidence(alert: &Alert) -> impl Iterator<Item = Vec<u8>> {
    (2_u32..).zip(&alert.more).map(|(number, page)| evidence_page(alert, number, page))
}

fn evidence_page(alert: &Alert, number: u32, page: &[PagedPayment]) -> Vec<u8> {
    let mut out = Vec::with_capacity(page.len().saturating_mul(256).saturating_add(512));
    // Each topic counts its own revisions.
    let topic = alert.topic().as_str();
    JsonWriter::new(&mut out).object(|json| {
        json.field("specversion", "1.0");
        json.field("id", &format!("{}:{}:{topic}:{number}", alert.alert_id, alert.revision));
        json.field("source", &format!("palermo/{}", alert.task));
        json.field("type", "palermo.alert.evidence.v1");
        json.field("subject", &alert.anchor);
        json.plain_field("time", alert.decided_at);
        json.field("datacontenttype", "application/json");
        json.field("dataschema", "evidence.v1.schema.json");
        json.field("dataclassification", "restricted");
        json.key("data").object(|json| {
            json.field("alert_id", &alert.alert_id);
            json.bare_field("revision", alert.revision);
            json.field("topic", topic);
            json.field("mode", alert.mode.as_str());
            json.field("typology", &alert.typology);
            json.bare_field("page", number);
            json.bare_field("pages", alert.pages.count);
            json.key("payments").array(page, |json, paged| {
                json.object(|json| {
                    payment_fields(json, &paged.payment);
                    let at = paged.indicators.iter().map(|at| usize::from(*at));
                    let ids = at.filter_map(|at| Some(alert.indicators.get(at)?.id.as_str()));
                    json.texts("indicators", ids);
                });
            });
        });
    });
    out
}

/// Who pays whom, and where the money goes.
fn network(json: &mut JsonWriter<'_>, alert: &Alert) {
    let network = &alert.network;
    json.key("nodes").array(&network.nodes, |json, node| {
        json.object(|json| {
            json.field("id", &node.id);
            json.field("role", node.role.as_str());
            json.field("function", node.function);
        });
    });
    json.key("edges").array(&network.edges, |json, edge| {
        json.object(|json| {
            json.field("from", &edge.from);
            json.field("to", &edge.to);
            json.field("by", edge.by);
            json.bare_field("payments", edge.payments);
            if let Some(amount) = edge.amount {
                json.plain_field("amount", amount.value);
            }
        });
    });
    json.key("flows").array(&network.flows, |json, flow| {
        json.object(|json| {
            json.field("to", &flow.to);
            json.plain_field("amount", flow.amount.value);
            json.field("share", &flow.share.to_string());
        });
    });
    json.field_opt("central", network.central.as_deref());
    if let Some((node, share)) = &network.breaks {
        json.key("breaks").object(|json| {
            json.field("without", node);
            json.field("stopped", &share.to_string());
        });
    }
    json.bare_field("truncated", network.truncated);
}

/// What the reader does next.
fn after(json: &mut JsonWriter<'_>, alert: &Alert) {
    json.key("grouping").object(|json| {
        json.field("group_id", &alert.group);
        json.field("typology", &alert.typology);
        json.bare_field("prior_alerts", alert.prior_alerts);
    });
    json.key("workflow").object(|json| {
        json.field("queue", if alert.urgent { "urgent" } else { "ht-ms" });
        json.field("due_in", if alert.urgent { "1d" } else { "5d" });
        json.field("escalation", "mlro");
        json.bare_field("priority", alert.queue.priority);
        json.key("modifiers").array(&alert.queue.modifiers, |json, found| {
            json.object(|json| {
                json.field("id", &found.id);
                json.field("version", &found.version);
                json.bare_field("priority", found.percent);
                json.field("text", &found.text);
            });
        });
        json.texts("steps", texts(&alert.investigate));
    });
    json.key("victim_protection").object(|json| {
        let mut people = alert.subjects.iter().chain(&alert.related);
        let mut nodes = alert.network.nodes.iter();
        let masked = people.any(|actor| actor.masked)
            || nodes.any(|node| node.role == Role::PotentialVictim);
        json.bare_field("urgent", alert.urgent);
        json.bare_field("masked_parties", masked);
        json.texts("notes", VICTIM_NOTES);
    });
    if alert.key_term.is_some() || !alert.report_codes.is_empty() {
        json.key("report_hints").object(|json| {
            json.field_opt("key_term", alert.key_term.as_deref());
            json.texts("fincen", texts(&alert.report_codes));
        });
    }
}

const VICTIM_NOTES: [&str; 3] = [
    "do not contact payers",
    "do not propose account closure from this alert alone",
    "describe possible victims in the narrative, not as report subjects",
];
