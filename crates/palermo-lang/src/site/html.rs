//! Pieces of HTML. Whatever comes from a rule passes [`esc`]; nothing else writes it.

/// Text in which nothing is markup.
pub(super) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// Text as code.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", esc(text))
}

/// A link to a page of the site.
pub(super) fn link(to: &str, text: &str) -> String {
    format!("<a href=\"{}\">{}</a>", esc(to), esc(text))
}

/// A heading of the second level with its content; nothing where there is none.
pub(super) fn section(id: &str, title: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!(
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{}</h2>\n{content}</section>\n",
        esc(title)
    )
}

/// A list of pieces that are markup already.
pub(super) fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

/// A table of cells that are markup already; the first of each row names it. Nothing without rows.
pub(super) fn table(caption: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", esc(head))).collect();
    let row = |cells: &Vec<String>| {
        let mut cells = cells.iter();
        let first =
            cells.next().map_or_else(String::new, |cell| format!("<th scope=\"row\">{cell}</th>"));
        let rest: String = cells.map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{first}{rest}</tr>\n")
    };
    let rows: String = rows.iter().map(row).collect();
    let caption = esc(caption);
    format!(
        "<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table>\
         <caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// Names and what they are; what is empty is left out.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let each = facts.iter().filter(|(_, what)| !what.is_empty());
    let each: String = each
        .map(|(name, what)| format!("<div><dt>{}</dt><dd>{what}</dd></div>\n", esc(name)))
        .collect();
    format!("<dl class=\"facts\">\n{each}</dl>\n")
}

/// A page, `up` being the way to the top of the site, such as `../`.
pub(super) fn page(title: &str, up: &str, body: &str, script: &str) -> String {
    let style = include_str!("style.css");
    let script =
        if script.is_empty() { String::new() } else { format!("<script>\n{script}</script>\n") };
    let title = esc(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to content</a>\n\
         <header><nav aria-label=\"Site\"><a href=\"{up}index.html\">Rule library</a> <a href=\"{up}lists.html\">Lists</a></nav></header>\n\
         <main id=\"main\">\n{body}</main>\n\
         <footer><p>Made by <code>palermo rules doc</code> from the rule files. An alert is a reason to look, never proof.</p></footer>\n\
         {script}</body>\n</html>\n"
    )
}
