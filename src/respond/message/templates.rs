//! The templates: built in, overridden by an operator's files, and tried on a made-up case before they count.

use std::path::Path;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};
use serde::Serialize;

use super::sample::Sample;
use super::words::Words;
use super::{LANGUAGES, gathered, mail, page};
use crate::problem::{Place, Problem, Problems, SourceFile, nearest};

/// The shapes, by the name of their file.
pub(super) const SUBJECT: &str = "subject.txt";
pub(super) const TEXT: &str = "mail.txt";
pub(super) const HTML: &str = "mail.html";
pub(super) const PAGE: &str = "page.html";
pub(super) const GATHERED_TEXT: &str = "gathered.txt";
pub(super) const GATHERED_HTML: &str = "gathered.html";

/// What shapes share by `{% include %}`: replaced like any other, and then in every shape that has it.
const PARTS: [&str; 7] = ["top.html", "head.html", "begin.html", "badge.html", "end.html", "colour.html", "font.html"];
/// The shapes that have them.
const WITH_PARTS: [&str; 3] = [HTML, GATHERED_HTML, PAGE];

const BUILT_IN: [(&str, &str); 13] = [
    (SUBJECT, include_str!("../../../config/templates/subject.txt")),
    (TEXT, include_str!("../../../config/templates/mail.txt")),
    (HTML, include_str!("../../../config/templates/mail.html")),
    (PAGE, include_str!("../../../config/templates/page.html")),
    (GATHERED_TEXT, include_str!("../../../config/templates/gathered.txt")),
    (GATHERED_HTML, include_str!("../../../config/templates/gathered.html")),
    ("top.html", include_str!("../../../config/templates/top.html")),
    ("head.html", include_str!("../../../config/templates/head.html")),
    ("begin.html", include_str!("../../../config/templates/begin.html")),
    ("badge.html", include_str!("../../../config/templates/badge.html")),
    ("end.html", include_str!("../../../config/templates/end.html")),
    ("colour.html", include_str!("../../../config/templates/colour.html")),
    ("font.html", include_str!("../../../config/templates/font.html")),
];

/// Far larger than any template; a larger file is no template.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything that is rendered. Cheap to share, never changed: a reload makes another one.
#[derive(Clone, Debug)]
pub struct Templates {
    pub(super) words: Arc<Words>,
    own: Environment<'static>,
    /// What is used where an operator's template fails on a case that the sample did not foresee.
    built_in: Environment<'static>,
}

impl Default for Templates {
    fn default() -> Self {
        let words = Arc::new(Words::built_in());
        Self { own: built_in(&words), built_in: built_in(&words), words }
    }
}

impl Templates {
    /// The built-in templates with those of `dir` laid over. Every mistake is a problem with its file and line; what has
    /// one is left out, so that the result is always fit for use.
    #[must_use]
    pub fn load(dir: Option<&Path>, problems: &Problems) -> Self {
        let Some(dir) = dir else { return Self::default() };
        let (words_files, template_files) = read(dir, problems);
        let mut words = Words::built_in();
        for (language, file) in &words_files {
            words.lay_over(language, file, problems);
        }
        let words = Arc::new(words);
        let mut own = built_in(&words);
        for (name, file) in template_files {
            if let Err(problem) = try_out(&own, &words, name.clone(), &file) {
                problems.add(problem);
            } else if let Err(error) = own.add_template_owned(name, file.text.clone()) {
                problems.add(template_problem(&file, &error));
            }
        }
        Self { own, built_in: built_in(&words), words }
    }

    /// Renders the template of a language, else the one of all languages, else the built-in one.
    /// `plain` stands in where even that fails, so that a person hears something.
    pub(super) fn render(&self, template: &str, language: &str, view: &impl Serialize, plain: impl FnOnce() -> String) -> String {
        let view = Value::from(Serde(view));
        let own = name_in(template, language);
        let rendered = self.own.get_template(&own).or_else(|_| self.own.get_template(template)).and_then(|found| found.render(&view));
        let rendered = rendered.or_else(|_| self.built_in.get_template(template).and_then(|found| found.render(&view)));
        rendered.unwrap_or_else(|_| plain())
    }
}

/// `mail.html` in `zh-TW` is `mail.zh-TW.html`.
fn name_in(template: &str, language: &str) -> String {
    template.split_once('.').map_or_else(|| template.to_owned(), |(stem, ending)| format!("{stem}.{language}.{ending}"))
}

fn built_in(words: &Arc<Words>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters do not clash"));
    let words = Arc::clone(words);
    environment.add_function("say", move |state: &State<'_, '_>, key: &str, values: Kwargs| say(&words, state, key, &values));
    for (name, source) in BUILT_IN {
        environment.add_template(name, source).expect("a test parses the built-in templates");
    }
    environment
}

/// `say("mail.footer", company=company)`: a phrase in the language of the message.
fn say(words: &Words, state: &State<'_, '_>, key: &str, values: &Kwargs) -> Result<String, Error> {
    let language = state.lookup("lang").and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default();
    let mut filled = Vec::new();
    for name in values.args() {
        filled.push((name, values.peek::<Value>(name)?.to_string()));
    }
    let filled: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !words.knows(key) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("there is no phrase `{key}`")));
    }
    Ok(words.say(&language, key, &filled))
}

type Named = Vec<(String, Arc<SourceFile>)>;

/// The operator's files: phrases by language, templates by name.
fn read(dir: &Path, problems: &Problems) -> (Named, Named) {
    let (mut words, mut templates) = (Named::new(), Named::new());
    let known = known_names();
    let mut names = match file_names(dir) {
        Ok(names) => names,
        Err(error) => {
            problems.add(unreadable(dir, &error));
            return (words, templates);
        }
    };
    names.sort();
    for name in names.iter().filter(|name| is_meant(name)) {
        if !known.contains(name) {
            problems.add(unknown_file(&dir.join(name), name, &known));
            continue;
        }
        let Some(file) = read_file(&dir.join(name), problems) else { continue };
        match name.strip_prefix("words.").and_then(|rest| rest.strip_suffix(".toml")) {
            Some(language) => words.push((language.to_owned(), file)),
            None => templates.push((name.clone(), file)),
        }
    }
    (words, templates)
}

fn file_names(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

/// Editors leave other files behind, which are passed over.
fn is_meant(name: &str) -> bool {
    !name.starts_with('.') && [".txt", ".html", ".toml"].iter().any(|ending| name.ends_with(ending))
}

fn known_names() -> Vec<String> {
    let mut names: Vec<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    for language in LANGUAGES {
        // What is shared is the same in every language.
        let shapes = BUILT_IN.iter().filter(|(name, _)| !PARTS.contains(name));
        names.extend(shapes.map(|(name, _)| name_in(name, language)));
        names.push(format!("words.{language}.toml"));
    }
    names
}

fn read_file(path: &Path, problems: &Problems) -> Option<Arc<SourceFile>> {
    let size = std::fs::metadata(path).map_or(0, |data| data.len());
    if size > FILE_BYTES_MAX {
        let message = format!("the file has {size} bytes");
        problems.add(Problem::error(
            Place::Named(path.display().to_string()),
            message,
            "A template is far smaller: see `config/templates`.",
        ));
        return None;
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Some(Arc::new(SourceFile { path: path.to_owned(), text })),
        Err(error) => {
            problems.add(unreadable(path, &error));
            None
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let help = "Check that it exists, that Hearken's user may read it, and that it is UTF-8; or take `templates.dir` out.";
    Problem::error(Place::Named(path.display().to_string()), format!("cannot be read: {error}"), help)
}

fn unknown_file(path: &Path, name: &str, known: &[String]) -> Problem {
    let near = nearest(name, known.iter().map(String::as_str));
    let help = near.map_or_else(
        || "Names are those of `config/templates`; a template for one language is `mail.zh-TW.html`.".to_owned(),
        |near| format!("Did you mean `{near}`?"),
    );
    Problem::error(Place::Named(path.display().to_string()), "no template has this name", help)
}

/// Parses an operator's template and renders made-up cases with it, in every language it serves.
fn try_out(environment: &Environment<'static>, words: &Arc<Words>, name: String, file: &SourceFile) -> Result<(), Problem> {
    let mut trial = environment.clone();
    trial.add_template_owned(name.clone(), file.text.clone()).map_err(|error| template_problem(file, &error))?;
    let shapes = if PARTS.contains(&name.as_str()) { WITH_PARTS.map(str::to_owned).to_vec() } else { vec![name.clone()] };
    let served = LANGUAGES.into_iter().filter(|language| name.contains(&format!(".{language}.")));
    let served: Vec<&str> = served.collect();
    let sample = Sample::new();
    for language in if served.is_empty() { LANGUAGES.to_vec() } else { served } {
        for shape in &shapes {
            let template = trial.get_template(shape).map_err(|error| template_problem(file, &error))?;
            for view in views(words, &sample, language, shape) {
                template.render(&view).map_err(|error| template_problem(file, innermost(&error)))?;
            }
        }
    }
    Ok(())
}

fn views(words: &Words, sample: &Sample, language: &str, template: &str) -> Vec<Value> {
    match template.split('.').next() {
        Some("page") => page::sample_views(words, sample, language),
        Some("gathered") => gathered::sample_views(words, sample, language),
        _ => sample.contexts(language).iter().map(|context| Value::from(Serde(mail::view(words, context)))).collect(),
    }
}

/// The mistake itself, without the shapes that include it.
fn innermost(error: &Error) -> &Error {
    let mut inner = error;
    while let Some(source) = std::error::Error::source(inner).and_then(|source| source.downcast_ref::<Error>()) {
        inner = source;
    }
    inner
}

/// The template's own place of a mistake. Never the library's longer report, which prints the values of a case.
fn template_problem(file: &SourceFile, error: &Error) -> Problem {
    let (start, end) = line_bytes(&file.text, error.line().unwrap_or(1));
    let file = Arc::new(SourceFile { path: file.path.clone(), text: file.text.clone() });
    let message = match error.detail() {
        Some(detail) => format!("this is not a template that works: {}: {detail}", error.kind()),
        None => format!("this is not a template that works: {}", error.kind()),
    };
    let help = "Compare with the file of the same name in `config/templates`; until it is right the built-in one is used.";
    Problem::error(Place::File { file, start, end }, message, help)
}

/// The bytes of a line, counted from 1, without its blanks at both ends.
fn line_bytes(text: &str, line: usize) -> (usize, usize) {
    let mut start = 0;
    for (number, piece) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            let lead = piece.len() - piece.trim_start().len();
            return (start + lead, start + piece.trim_end().len().max(lead));
        }
        start += piece.len();
    }
    (start, start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::render;

    fn loaded(files: &[(&str, &str)]) -> (Templates, String) {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).expect("a file");
        }
        let problems = Problems::default();
        let templates = Templates::load(Some(dir.path()), &problems);
        let said = render(&problems.take(), false).replace(&dir.path().display().to_string(), "DIR");
        (templates, said)
    }

    fn subject(templates: &Templates, language: &str) -> String {
        let sample = Sample::new();
        super::super::render(templates, &sample.contexts(language)[0]).subject
    }

    #[test]
    fn the_built_in_templates_render_every_sample() {
        let (words, sample) = (Arc::new(Words::built_in()), Sample::new());
        let environment = built_in(&words);
        for language in LANGUAGES {
            for (name, _) in BUILT_IN.iter().filter(|(name, _)| !PARTS.contains(name)) {
                for view in views(&words, &sample, language, name) {
                    let rendered = environment.get_template(name).and_then(|template| template.render(&view));
                    assert!(rendered.is_ok_and(|text| !text.is_empty()), "{name} in {language}");
                }
            }
        }
    }

    #[test]
    fn an_override_counts_for_its_language() {
        let (templates, said) = loaded(&[("subject.zh-CN.txt", "案件 {{ id }}"), ("words.en.toml", "[severity]\nlow = \"minor\"\n")]);
        assert_eq!(said, "");
        assert_eq!(subject(&templates, "zh-CN"), "案件 H-TEST0000");
        assert!(subject(&templates, "en").starts_with("[minor] "), "{}", subject(&templates, "en"));
        assert!(subject(&templates, "zh-TW").starts_with("[低] "), "{}", subject(&templates, "zh-TW"));
    }

    #[test]
    fn what_shapes_share_is_replaced_in_all_of_them() {
        let (templates, said) = loaded(&[("colour.html", "{{ level }}-own"), ("end.html", "<p>our own end</p>\n")]);
        assert_eq!(said, "");
        let sample = Sample::new();
        let contexts = sample.contexts("en");
        let mails = [super::super::render(&templates, &contexts[0]), super::super::render_gathered(&templates, &contexts[..2], None)];
        for mail in mails {
            assert!(mail.html.contains("background:low-own;") && mail.html.contains("our own end"), "{}", mail.html);
            assert!(!mail.html.contains("</html>"), "the built-in end is gone: {}", mail.html);
        }
        let page = super::super::PageContext {
            language: "en",
            company: "Lanting",
            page: super::super::Page::Case(sample.pages(sample.departments())[0]),
        };
        assert!(super::super::render_page(&templates, &page).contains(".critical { background: critical-own; }"));
        let (_, said) = loaded(&[("badge.html", "fine\n<b>{{ wrod }}</b>"), ("head.zh-TW.html", "x")]);
        assert!(said.contains("badge.html:2:1") && said.contains("head.zh-TW.html: no template has this name"), "{said}");
    }

    #[test]
    fn what_does_not_work_is_refused_with_its_line() {
        let (templates, said) = loaded(&[
            ("mail.txt", "fine\n{{ lead }\n"),
            ("mail.html", "<p>{{ leed }}</p>"),
            ("page.html", "\n\n{{ say(\"page.titel\") }}"),
            ("subjct.txt", "x"),
            (".mail.txt.swp", "x"),
            ("notes.md", "x"),
        ]);
        insta::assert_snapshot!(said, @r#"
        error: DIR/subjct.txt: no template has this name
         |
         = help: Did you mean `subject.txt`?

        error: this is not a template that works: undefined value
         --> DIR/mail.html:1:1
          |
        1 | <p>{{ leed }}</p>
          | ^^^^^^^^^^^^^^^^^
          |
          = help: Compare with the file of the same name in `config/templates`; until it is right the built-in one is used.

        error: this is not a template that works: syntax error: unexpected `}`, expected end of variable block
         --> DIR/mail.txt:2:1
          |
        2 | {{ lead }
          | ^^^^^^^^^
          |
          = help: Compare with the file of the same name in `config/templates`; until it is right the built-in one is used.

        error: this is not a template that works: invalid operation: there is no phrase `page.titel`
         --> DIR/page.html:3:1
          |
        3 | {{ say("page.titel") }}
          | ^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: Compare with the file of the same name in `config/templates`; until it is right the built-in one is used.
        "#);
        assert!(subject(&templates, "en").starts_with("[low] "));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let problems = Problems::default();
        let templates = Templates::load(Some(Path::new("/nowhere/templates")), &problems);
        assert_eq!(problems.take().len(), 1);
        assert!(subject(&templates, "en").starts_with("[low] "));
    }

    #[test]
    fn a_case_the_sample_did_not_foresee_falls_back_to_the_built_in_template() {
        let (templates, said) = loaded(&[("subject.txt", "{% if level == \"critical\" %}{{ nothing }}{% endif %}{{ id }}")]);
        assert_eq!(said, "");
        let sample = Sample::new();
        let contexts = sample.contexts("en");
        let critical = crate::model::Incident { severity: crate::model::Severity::Critical, ..contexts[0].incident.clone() };
        let context = super::super::MessageContext { incident: &critical, ..contexts[0] };
        assert!(super::super::render(&templates, &context).subject.starts_with("[critical] "));
    }
}
