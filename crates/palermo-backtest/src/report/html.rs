//! The frame of the page, and text that is escaped.

/// Text in which nothing is markup.
pub(super) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A section with a heading that can be linked to.
pub(super) fn section(id: &str, title: &str, body: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n")
}

/// A table; cells are markup already.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("<div class=\"wide\"><table>\n<caption>{caption}</caption>\n<thead><tr>");
    out.extend(head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")));
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        out.extend(row.iter().map(|cell| format!("<td>{cell}</td>")));
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A cell of a map.
pub(super) struct Cell {
    pub(super) text: String,
    /// From 0, the palest, to 8.
    pub(super) shade: u64,
    /// Whether it is where things stand.
    pub(super) own: bool,
    /// Whether it is where they stood.
    pub(super) before: bool,
}

/// A table whose cells are shaded by their value; all texts are markup already.
pub(super) fn map(caption: &str, head: &[String], rows: &[(String, Vec<Cell>)]) -> String {
    let mut out =
        format!("<div class=\"wide\"><table class=\"map\">\n<caption>{caption}</caption>\n");
    out.push_str("<thead><tr><td></td>");
    out.extend(head.iter().map(|cell| format!("<th scope=\"col\">{cell}</th>")));
    out.push_str("</tr></thead>\n<tbody>\n");
    for (name, cells) in rows {
        out.push_str(&format!("<tr><th scope=\"row\">{name}</th>"));
        for Cell { text, shade, own, before } in cells {
            let text = match (own, before) {
                (true, _) => format!("<b>{text}</b>"),
                (_, true) => format!("<i>{text}</i>"),
                _ => text.clone(),
            };
            out.push_str(&format!("<td class=\"s{shade}\">{text}</td>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// A drawing with what it shows in words.
pub(super) fn figure(drawing: &str, words: &str) -> String {
    format!("<figure>{drawing}<figcaption>{words}</figcaption></figure>\n")
}

/// The whole page.
pub(super) fn page(title: &str, body: &str) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        esc(title)
    )
}

/// Colors are told apart without color as well: by place, form or a word.
const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1c1f23; --paper: #fff; --soft: #5b636d; --rule: #d7dbe0;
  --grid: #e4e7eb; --a: #1f6fb2; --b: #9aa3ad; --true: #b3261e; --false: #2e7d4f; --unknown: #8a6d1a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #14171a; --soft: #a2abb5; --rule: #363c43; --grid: #2a2f35;
    --a: #6db3ee; --b: #7d8791; --true: #ff8a80; --false: #7fd1a0; --unknown: #e0c060; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
.verdict { border-left: .4rem solid var(--false); padding: .5rem 1rem; margin: 1rem 0; font-size: 1.1rem; }
.verdict.worse { border-color: var(--true); }
.soft, caption, figcaption { color: var(--soft); } caption { text-align: left; padding-bottom: .25rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--rule); }
td { font-variant-numeric: tabular-nums; } code { font-size: .9em; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figure svg { width: 100%; height: auto; color: var(--ink); }
.map { width: auto; } .map td { text-align: right; }
.s1 { background: color-mix(in srgb, var(--a) 6%, transparent); } .s2 { background: color-mix(in srgb, var(--a) 12%, transparent); }
.s3 { background: color-mix(in srgb, var(--a) 18%, transparent); } .s4 { background: color-mix(in srgb, var(--a) 24%, transparent); }
.s5 { background: color-mix(in srgb, var(--a) 30%, transparent); } .s6 { background: color-mix(in srgb, var(--a) 36%, transparent); }
.s7 { background: color-mix(in srgb, var(--a) 42%, transparent); } .s8 { background: color-mix(in srgb, var(--a) 48%, transparent); }
nav ul { columns: 3 14rem; padding-left: 1.2rem; } a { color: var(--a); }
.filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .5rem 0; }
.filter input[type=search] { min-width: 16rem; font: inherit; padding: .2rem .5rem; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } nav, .filter { display: none; }
  section { break-inside: avoid-page; } tr[hidden] { display: table-row !important; } }
";

/// Filters the rows of the differences; without it all of them stand there.
const SCRIPT: &str = "\
(function () {
  var filter = document.querySelector('.filter');
  if (!filter) { return; }
  var rows = document.querySelectorAll('#differences tbody tr');
  var kinds = filter.querySelectorAll('input[type=checkbox]');
  var text = filter.querySelector('input[type=search]');
  var shown = filter.querySelector('output');
  function apply() {
    var wanted = {}, many = 0, words = text.value.toLowerCase();
    kinds.forEach(function (kind) { wanted[kind.value] = kind.checked; });
    rows.forEach(function (row) {
      var change = row.cells[0].textContent.trim();
      var fits = wanted[change] && row.textContent.toLowerCase().indexOf(words) >= 0;
      row.hidden = !fits;
      many += fits ? 1 : 0;
    });
    shown.textContent = many + ' of ' + rows.length;
  }
  filter.hidden = false;
  filter.addEventListener('input', apply);
  apply();
})();
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_is_markup() {
        assert_eq!(esc("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
        let page = page("<t>", &table("c", &["a", "b"], &[vec!["1".into(), "2".into()]]));
        assert!(page.contains("<title>&lt;t&gt;</title>"));
        assert!(page.contains("<th scope=\"col\">a</th><th scope=\"col\">b</th>"), "{page}");
        assert!(page.contains("<tr><td>1</td><td>2</td></tr>"));
    }
}
