//! What a folder keeps beside its rules: lists with the rows of their packs, and the lock.

use super::place::{On, Place};
use super::{File, Folder, What, version_range};
use crate::check::list;
use crate::check::pool::{Lists, Pool};
use crate::lock::Lock;
use crate::program::List;
use crate::read::Cx;
use crate::yaml::{self, Node};
use std::collections::BTreeSet;

impl Folder {
    /// Every list, with the rows of the packs that are on, and which those are.
    pub(super) fn lists(&mut self, place: Place<'_>) -> (Lists, On) {
        let mut lists = Lists::new();
        for file in self.of(What::List) {
            list::list(&mut file.cx, &file.root, &mut lists);
        }
        self.written_lists = lists.values().cloned().collect();
        let mut packs = Vec::new();
        for (at, file) in
            self.files.iter_mut().enumerate().filter(|(_, file)| file.what == What::List)
        {
            packs.extend(list::pack_rows(&mut file.cx, &file.root, &lists).map(|rows| (at, rows)));
        }
        let known: BTreeSet<String> = packs.iter().map(|(_, rows)| rows.pack.clone()).collect();
        let on = self.packs(&known, place);
        packs.sort_by(|(_, a), (_, b)| (&a.list.id, &a.pack).cmp(&(&b.list.id, &b.pack)));
        for (at, rows) in packs {
            let locked =
                List { id: format!("{}/{}", rows.list.id, rows.pack), ..rows.list.clone() };
            self.written_lists.push(locked);
            let is_on = on.as_ref().is_none_or(|on| on.contains(&rows.pack));
            if is_on && let Some(file) = self.files.get_mut(at) {
                list::add(&mut file.cx, &rows, &mut lists);
            }
        }
        (lists, on)
    }

    /// The lists that rules read, packs apart, as their files have them.
    pub(super) fn locked_lists<'f>(
        &'f self,
        pool: &Pool<'_>,
    ) -> impl Iterator<Item = &'f List> + use<'f> {
        let used: BTreeSet<String> = pool.used().map(|list| list.id.clone()).collect();
        self.written_lists
            .iter()
            .filter(move |list| list.id.split('/').next().is_some_and(|id| used.contains(id)))
    }

    /// Refuses what decides otherwise than the lock says of its version.
    pub(super) fn hold_to(&mut self, path: &str, text: &str, now: &Lock) {
        let lock = match Lock::parse(text) {
            Ok(lock) => lock,
            Err(number) => {
                let mut file = File::unread(path, text);
                let lines: usize = text.split_inclusive('\n').take(number).map(str::len).sum();
                let last = text.split_inclusive('\n').nth(number.saturating_sub(1));
                let start = lines.saturating_sub(last.map_or(0, str::len));
                let message = format!("line {number} of the lock is not one, or says two things");
                let help = "take the file from version control, or delete it and run \
                            `palermo rules lock`";
                file.cx.error("E100", &(start..lines), message, help);
                self.files.push(file);
                return;
            }
        };
        for broken in lock.broken_by(now) {
            let is_it = |file: &&mut File| {
                (file.id == broken.id && file.version == broken.version)
                    || (file.what == What::List && list_id(&file.root) == broken.id)
            };
            let Some(file) = self.files.iter_mut().find(is_it) else { continue };
            let range = version_range(&file.root);
            let message = format!("`{}` decides otherwise than its version did", broken.id);
            let help = format!(
                "raise {}: `palermo rules diff` says by which step; then `palermo rules lock`",
                broken.version
            );
            file.cx.error("E180", &range, message, help);
        }
        let missing = lock.missing(now);
        if let (Some(first), Some(file)) = (missing.first(), self.of(What::RuleSet).next()) {
            let message = format!("not locked yet: {} versions, such as `{first}`", missing.len());
            let range = version_range(&file.root);
            file.cx.warn("W342", &range, message, "run `palermo rules lock` before you deploy it");
        }
    }
}

impl File {
    /// A file that is no rule.
    fn unread(path: &str, text: &str) -> Self {
        let root = Node { range: 0..0, value: yaml::Value::Map(Vec::new()) };
        Self {
            cx: Cx::new(path, text),
            root_unreadable: false,
            root,
            what: What::Unknown,
            id: String::new(),
            version: String::new(),
        }
    }
}

/// The id of a list, with its pack: `reporting_limit/us`.
fn list_id(root: &Node) -> String {
    let text = |key| root.at(key).and_then(Node::scalar);
    let parts: Vec<&str> = text("list").into_iter().chain(text("pack")).collect();
    parts.join("/")
}
