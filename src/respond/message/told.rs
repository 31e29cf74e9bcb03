//! Who was told, and who hears next: the lines of a mail about people.

use super::mail::{foreign, own};
use super::show;
use super::words::Words;
use super::{MessageContext, MessageKind};
use crate::model::{IncidentState, LadderStep, Moment, Recipient};

/// Who else was told, by department; of a case that nobody answered also when.
pub(super) fn also_told(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<String> {
    let timed = context.kind == MessageKind::Escalation;
    let group = |(recipient, at): &(Recipient, Moment)| {
        (recipient.department.clone(), timed.then(|| show::time_beside(*at, context.at, context.timezone)))
    };
    let mut groups = Vec::new();
    for told in context.also_told.iter().map(group) {
        if !groups.contains(&told) {
            groups.push(told);
        }
    }
    let told_in = |wanted: &(String, Option<String>)| {
        let people = context.also_told.iter().filter(|told| group(told) == *wanted).map(|(recipient, _)| recipient);
        let (department, at) = wanted;
        let people = words.say(
            lang,
            "mail.told_in",
            &[("people", &names(lang, people)), ("department", &own(context.department_title(department)))],
        );
        at.as_ref().map_or_else(|| people.clone(), |at| words.say(lang, "mail.told_at", &[("at", at), ("people", &people)]))
    };
    groups.iter().map(told_in).collect()
}

/// Whom it did not reach and why, each answer once for those who gave it.
pub(super) fn undelivered(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<String> {
    let mut replies: Vec<(&str, Vec<String>)> = Vec::new();
    for missed in context.undelivered {
        let who = if missed.name == missed.address { own(&missed.name) } else { own(&format!("{} <{}>", missed.name, missed.address)) };
        match replies.iter_mut().find(|(reply, _)| *reply == missed.reply) {
            Some((_, known)) if known.contains(&who) => {}
            Some((_, known)) => known.push(who),
            None => replies.push((&missed.reply, vec![who])),
        }
    }
    let line = |(reply, who): &(&str, Vec<String>)| {
        words.say(lang, "mail.undelivered", &[("who", &show::list(lang, who)), ("reply", &foreign(reply))])
    };
    replies.iter().map(line).collect()
}

/// What becomes of an answer by mail, which is what people are used to: `linked` where a link takes the place of one.
pub(super) fn reply(words: &Words, lang: &str, context: &MessageContext<'_>, linked: bool) -> String {
    let key = match (context.reply_to, linked) {
        (Some(_), true) => "mail.reply_read",
        (Some(_), false) => "mail.reply_read_only",
        (None, true) => "mail.reply_unread",
        (None, false) => "mail.reply_unread_only",
    };
    words.say(lang, key, &[("address", &own(context.reply_to.unwrap_or_default()))])
}

/// Each name once, although a person may hear over two channels.
fn names<'a>(lang: &str, recipients: impl Iterator<Item = &'a Recipient>) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in recipients.map(|recipient| own(&recipient.name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    show::list(lang, &names)
}

/// Who hears at what time while nobody answers.
pub(super) fn ladder(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<String> {
    let incident = context.incident;
    if incident.state != IncidentState::Open {
        return Vec::new();
    }
    let taken = usize::try_from(context.step).unwrap_or(0);
    let stored = incident.escalate_at.filter(|_| incident.step == context.step);
    let mut due = context.at;
    let mut lines = Vec::new();
    for (index, step) in incident.ladder.iter().enumerate().skip(taken) {
        due = if index == taken { stored.unwrap_or_else(|| due.plus(step.after())) } else { due.plus(step.after()) };
        lines.push(ladder_line(words, lang, context, step, due));
    }
    lines
}

fn ladder_line(words: &Words, lang: &str, context: &MessageContext<'_>, step: &LadderStep, due: Moment) -> String {
    let at = show::time_beside(due, context.at, context.timezone);
    let people = names(lang, step.recipients.iter());
    words.say(lang, "mail.ladder_step", &[("at", &at), ("name", &own(&step.name)), ("people", &people)])
}
