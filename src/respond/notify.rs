//! Who hears of an incident, over what, and the rows that make it happen.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::deliver::{Channel, ChannelKind};
use super::department::{Department, Member, Rung, Tell};
use super::ids::Ids;
use super::route::{RespondOptions, Route};
use crate::model::{Delivery, DeliveryKind, DeliveryState, Incident, LadderStep, Moment, NewDelivery, Recipient};

/// Hex digits of a Message-ID before its `@`: 160 bits.
const MESSAGE_ID_DIGITS: usize = 40;

/// After this long ops hear of a case that a department without a ladder does not answer: time for a meeting, and no lost working day.
pub const WITHOUT_LADDER: Duration = Duration::from_hours(1);

/// What the decisions of this phase look things up in: the operator's own words, and nothing that changes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub routes: &'a [Route],
    pub departments: &'a [Department],
    pub channels: &'a [Channel],
    pub options: &'a RespondOptions,
    /// Behind the `@` of every Message-ID: the domain of the sender, else the host of `web.public_url`.
    pub domain: &'a str,
}

impl<'a> Context<'a> {
    /// A department by name. One that a reload removed while its incident was open is stood in for by ops: nobody's
    /// warning is lost with a line of configuration.
    #[must_use]
    pub fn department(&self, name: &str) -> Option<&'a Department> {
        self.named(name).or_else(|| self.named(&self.options.ops))
    }

    /// Where answers to the mails of a channel go; none where nobody reads them.
    #[must_use]
    pub fn reply_to(&self, channel: &str) -> Option<&'a str> {
        self.channels.iter().find(|known| known.name == channel).and_then(|channel| match &channel.kind {
            ChannelKind::Smtp(options) => options.reply_to.as_deref(),
            ChannelKind::Webhook(_) => None,
        })
    }

    /// A department that is configured under this very name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&'a Department> {
        self.departments.iter().find(|department| department.name == name)
    }

    /// Everybody whom a department or a step of a ladder names.
    pub fn everybody(&self) -> impl Iterator<Item = &'a Member> {
        let of_rung = |rung: &'a Rung| if let Tell::Members { members, .. } = &rung.tell { members.as_slice() } else { &[] };
        let of_ladder = move |department: &'a Department| department.ladder.iter().flat_map(of_rung);
        self.departments.iter().flat_map(move |department| department.members.iter().chain(of_ladder(department)))
    }

    /// Every address of a department, over its own channels.
    #[must_use]
    pub fn recipients(&self, name: &str) -> Vec<Recipient> {
        let Some(department) = self.department(name) else { return Vec::new() };
        self.reach(department, &department.members, &department.channels)
    }

    /// The addresses of several departments, each told once.
    #[must_use]
    pub fn recipients_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<Recipient> {
        once_each(names.into_iter().flat_map(|name| self.recipients(name)))
    }

    /// The ladder of a department with the people it tells today: what an incident keeps, whatever a reload changes.
    #[must_use]
    pub fn ladder(&self, name: &str) -> Vec<LadderStep> {
        let Some(department) = self.department(name) else { return Vec::new() };
        department.ladder.iter().map(|rung| self.step(department, rung)).collect()
    }

    /// The ladder of a case: the department's own, then ops and theirs, so that a case of a department without a ladder climbs, too.
    #[must_use]
    pub fn case_ladder(&self, name: &str) -> Vec<LadderStep> {
        let mut ladder = self.ladder(name);
        ladder.extend(self.beyond(name, &ladder));
        ladder
    }

    /// The steps after a department's own ladder: ops and whom ops' ladder names. None for a case of ops themselves, and where a step of
    /// the ladder tells ops already.
    #[must_use]
    pub fn beyond(&self, name: &str, own: &[LadderStep]) -> Vec<LadderStep> {
        let is_of_ops = |step: &LadderStep| step.recipients.iter().any(|recipient| recipient.department == self.options.ops);
        let (Some(department), Some(ops)) = (self.department(name), self.named(&self.options.ops)) else { return Vec::new() };
        if department.name == ops.name || own.iter().any(is_of_ops) {
            return Vec::new();
        }
        let after_s = own.last().map_or(WITHOUT_LADDER.as_secs(), |last| last.after_s);
        let first = LadderStep { name: ops.title.clone(), after_s, recipients: once_each(self.recipients(&ops.name)) };
        std::iter::once(first).chain(self.ladder(&ops.name)).collect()
    }

    fn step(&self, department: &Department, rung: &Rung) -> LadderStep {
        let recipients = match &rung.tell {
            Tell::Department(other) => self.recipients(other),
            Tell::Members { members, channels } if channels.is_empty() => self.reach(department, members, &department.channels),
            Tell::Members { members, channels } => self.reach(department, members, channels),
        };
        LadderStep { name: rung.name.clone(), after_s: rung.after.as_secs(), recipients: once_each(recipients) }
    }

    /// Each mail channel to every member, each other channel once.
    pub(super) fn reach(&self, department: &Department, members: &[Member], channels: &[String]) -> Vec<Recipient> {
        let channels = channels.iter().filter_map(|name| self.channels.iter().find(|channel| channel.name == *name));
        channels.flat_map(|channel| reach_over(department, members, channel)).collect()
    }
}

fn reach_over(department: &Department, members: &[Member], channel: &Channel) -> Vec<Recipient> {
    let recipient = |name: &str, address: &str, language: &str| Recipient {
        department: department.name.clone(),
        name: name.to_owned(),
        address: address.to_owned(),
        channel: channel.name.clone(),
        language: language.to_owned(),
    };
    match &channel.kind {
        ChannelKind::Smtp(_) => members.iter().map(|member| recipient(&member.name, &member.mail, &department.language)).collect(),
        ChannelKind::Webhook(webhook) => vec![recipient(&channel.name, &channel.name, &webhook.language)],
    }
}

/// The first of each (channel, address); addresses differ in more than case.
pub fn once_each(recipients: impl IntoIterator<Item = Recipient>) -> Vec<Recipient> {
    let mut kept: Vec<Recipient> = Vec::new();
    for recipient in recipients {
        if !kept.iter().any(|other| same_address(other, &recipient)) {
            kept.push(recipient);
        }
    }
    kept
}

#[must_use]
pub fn same_address(one: &Recipient, other: &Recipient) -> bool {
    one.channel == other.channel && one.address.to_lowercase() == other.address.to_lowercase()
}

/// What a row of deliveries has in common.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    pub incident: &'a str,
    pub generation: i64,
    pub kind: DeliveryKind,
    /// Step of the ladder; for a status the number of the event it tells.
    pub step: i64,
    /// A `Status` as a note, or empty.
    pub note: &'a str,
}

impl Telling<'_> {
    /// One delivery for each recipient, due now.
    #[must_use]
    pub fn to(&self, recipients: &[Recipient], context: &Context<'_>, ids: &mut Ids, now: Moment) -> Vec<NewDelivery> {
        recipients.iter().map(|recipient| self.one(recipient, context.domain, ids.delivery(), now)).collect()
    }

    fn one(&self, recipient: &Recipient, domain: &str, id: String, now: Moment) -> NewDelivery {
        NewDelivery {
            id,
            incident: self.incident.to_owned(),
            generation: self.generation,
            kind: self.kind,
            step: self.step,
            department: recipient.department.clone(),
            name: recipient.name.clone(),
            recipient: recipient.address.clone(),
            channel: recipient.channel.clone(),
            language: recipient.language.clone(),
            due_at: now,
            message_id: self.message_id(&recipient.channel, &recipient.address, domain),
            note: self.note.to_owned(),
        }
    }

    /// The same for the same telling, at every attempt and after every crash, so that a repeat can be seen as one.
    fn message_id(&self, channel: &str, address: &str, domain: &str) -> String {
        let generation = self.generation.to_string();
        let step = self.step.to_string();
        hashed_id(&[self.incident, &generation, self.kind.as_str(), &step, channel, &address.to_lowercase()], domain)
    }
}

/// The root of an incident's mail thread, without brackets: no mail carries it, every mail of the incident refers to it.
#[must_use]
pub fn thread_root(incident: &str, domain: &str) -> String {
    hashed_id(&["thread", incident], domain)
}

/// A Message-ID, without brackets, that is the same for the same parts.
#[must_use]
pub fn hashed_id(parts: &[&str], domain: &str) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    id.truncate(MESSAGE_ID_DIGITS);
    format!("{id}@{domain}")
}

/// The same message over the fallback channels of its department: for a delivery that fails for too long or for good.
/// Empty where there are none, and for a delivery that is itself a fallback.
#[must_use]
pub fn fallback(failing: &Delivery, context: &Context<'_>, ids: &mut Ids, now: Moment) -> Vec<NewDelivery> {
    let Some(department) = context.department(&failing.department) else { return Vec::new() };
    if department.fallback.contains(&failing.channel) {
        return Vec::new();
    }
    let stand_ins = vec![Member { name: failing.name.clone(), mail: failing.recipient.clone() }];
    let known = failing.recipient.contains('@');
    let members = if known { &stand_ins } else { &department.members };
    let recipients = once_each(context.reach(department, members, &department.fallback));
    let telling = Telling {
        incident: &failing.incident,
        generation: failing.generation,
        kind: failing.kind,
        step: failing.step,
        note: &failing.note,
    };
    telling.to(&recipients, context, ids, now)
}

/// Who was told of an incident's present generation, by its deliveries: for a status. A row that nobody has tried to
/// send yet told nobody, nor did one that was given up.
#[must_use]
pub fn told(deliveries: &[Delivery], generation: i64) -> Vec<Recipient> {
    let sent = deliveries.iter().filter(|delivery| {
        let on_its_way = delivery.state != DeliveryState::Dead && (delivery.attempts > 0 || delivery.state == DeliveryState::Claimed);
        delivery.generation == generation && delivery.kind != DeliveryKind::Status && on_its_way
    });
    once_each(sent.map(|delivery| Recipient {
        department: delivery.department.clone(),
        name: delivery.name.clone(),
        address: delivery.recipient.clone(),
        channel: delivery.channel.clone(),
        language: delivery.language.clone(),
    }))
}

/// Whether a delivery is to those who have to answer now: everyone responsible at first, and then the people of the step that was taken last.
/// Who is merely told beside them is not asked to.
#[must_use]
pub fn asks_for_an_answer(delivery: &Delivery, incident: &Incident) -> bool {
    let of_step = match (incident.step, delivery.kind) {
        (0, DeliveryKind::Warning) => delivery.department == incident.department,
        (step, DeliveryKind::Escalation) => delivery.step == step,
        _ => false,
    };
    of_step && delivery.generation == incident.generation
}

/// Whether a person who has to answer has heard of an incident or may still hear: a row over a channel that people read is through or on
/// its way.
#[must_use]
pub fn may_be_answered(deliveries: &[Delivery], incident: &Incident, context: &Context<'_>) -> bool {
    deliveries.iter().any(|delivery| asks_for_an_answer(delivery, incident) && may_reach_a_person(delivery, context))
}

/// Whether any person has heard of an incident's present generation, or may still hear.
#[must_use]
pub fn may_be_heard(deliveries: &[Delivery], generation: i64, context: &Context<'_>) -> bool {
    let loud = |delivery: &&Delivery| delivery.generation == generation && delivery.kind != DeliveryKind::Status;
    deliveries.iter().filter(loud).any(|delivery| may_reach_a_person(delivery, context))
}

fn may_reach_a_person(delivery: &Delivery, context: &Context<'_>) -> bool {
    use DeliveryState::{Accepted, Claimed, Delivered, Due};
    matches!(delivery.state, Due | Claimed | Delivered | Accepted) && is_read_by_people(&delivery.channel, context)
}

/// Whether people read what goes over a channel; of one that is no more we do not know that a program read it.
#[must_use]
pub fn is_read_by_people(channel: &str, context: &Context<'_>) -> bool {
    context.channels.iter().find(|known| known.name == channel).is_none_or(Channel::reaches_people)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{World, delivery, incident};
    use super::*;

    fn addresses(recipients: &[Recipient]) -> Vec<String> {
        recipients.iter().map(|recipient| format!("{}:{}", recipient.channel, recipient.address)).collect()
    }

    #[test]
    fn mail_goes_to_every_member_and_a_webhook_once() {
        let world = World::new();
        let found = addresses(&world.context().recipients("logistics"));
        assert_eq!(found, ["mail:mei@example.com", "mail:tom@example.com", "hook:hook"]);
    }

    #[test]
    fn an_address_in_two_departments_is_told_once() {
        let world = World::new();
        let found = addresses(&world.context().recipients_of(["logistics", "management"]));
        assert_eq!(found, ["mail:mei@example.com", "mail:tom@example.com", "hook:hook", "mail:boss@example.com"]);
    }

    #[test]
    fn a_department_that_is_gone_is_stood_in_for_by_ops() {
        let world = World::new();
        assert_eq!(addresses(&world.context().recipients("gone")), ["mail:ops@example.com"]);
    }

    #[test]
    fn a_ladder_is_kept_with_its_people() {
        let world = World::new();
        let ladder = world.context().ladder("logistics");
        let names: Vec<_> = ladder.iter().map(|step| (step.name.as_str(), step.after_s, addresses(&step.recipients))).collect();
        let lead = ("lead", 900, vec!["mail:lead@example.com".to_owned(), "hook:hook".to_owned()]);
        let management = ("management", 1800, vec!["mail:boss@example.com".to_owned(), "mail:Mei@example.com".to_owned()]);
        assert_eq!(names, [lead, management]);
    }

    #[test]
    fn a_message_id_depends_on_everything_that_makes_a_message_another() {
        let world = World::new();
        let recipients = world.context().recipients("logistics");
        let base = Telling { incident: "H-1", generation: 1, kind: DeliveryKind::Warning, step: 0, note: "" };
        let id = |telling: Telling<'_>, recipient: &Recipient| telling.message_id(&recipient.channel, &recipient.address, "example.com");
        let ids = [
            id(base, &recipients[0]),
            id(base, &recipients[1]),
            id(Telling { incident: "H-2", ..base }, &recipients[0]),
            id(Telling { generation: 2, ..base }, &recipients[0]),
            id(Telling { kind: DeliveryKind::Status, ..base }, &recipients[0]),
            id(Telling { step: 1, ..base }, &recipients[0]),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids[0], id(Telling { note: "other", ..base }, &recipients[0]));
        assert!(ids[0].ends_with("@example.com") && ids[0].len() == 40 + 12, "{}", ids[0]);
    }

    #[test]
    fn a_failing_mail_goes_to_the_fallback_once() {
        let world = World::new();
        let mut ids = Ids::new([1; 32]);
        let failing = delivery("mail", "mei@example.com");
        let instead = fallback(&failing, &world.context(), &mut ids, Moment(5));
        assert_eq!(instead.iter().map(|row| row.channel.as_str()).collect::<Vec<_>>(), ["spare"]);
        assert_eq!((instead[0].kind, instead[0].step), (failing.kind, failing.step));
        assert!(fallback(&delivery("spare", "spare"), &world.context(), &mut ids, Moment(5)).is_empty());
    }

    #[test]
    fn a_program_that_has_it_is_nobody_who_heard() {
        let mut world = World::new();
        let in_state = |channel: &str, state| Delivery { state, ..delivery(channel, channel) };
        let dead = in_state("mail", DeliveryState::Dead);
        let taken = in_state("hook", DeliveryState::Delivered);
        let rows = [dead.clone(), taken, Delivery { kind: DeliveryKind::Status, ..in_state("mail", DeliveryState::Due) }];
        assert!(!may_be_heard(&rows, 1, &world.context()));
        let pending = [dead.clone(), in_state("mail", DeliveryState::Due)];
        assert!(may_be_heard(&pending, 1, &world.context()) && !may_be_heard(&pending, 2, &world.context()));
        for channel in &mut world.channels {
            if let ChannelKind::Webhook(webhook) = &mut channel.kind {
                webhook.watched = true;
            }
        }
        assert!(may_be_heard(&rows, 1, &world.context()), "a chat that people read");
        assert!(told(&[dead], 1).is_empty(), "what was given up told nobody");
    }

    #[test]
    fn who_is_told_beside_is_not_asked_for_an_answer() {
        let world = World::new();
        let context = world.context();
        let case = Incident { also: vec!["management".into()], ..incident() };
        let dead = Delivery { state: DeliveryState::Dead, ..delivery("mail", "mei@example.com") };
        let beside = Delivery { department: "management".into(), ..delivery("mail", "boss@example.com") };
        let of_step = |step, state| Delivery { kind: DeliveryKind::Escalation, step, state, ..beside.clone() };
        let answered = |rows: &[Delivery], step| may_be_answered(rows, &Incident { step, ..case.clone() }, &context);
        assert!(!answered(&[dead.clone(), beside.clone()], 0) && may_be_heard(&[dead.clone(), beside.clone()], 1, &context));
        assert!(answered(&[dead.clone(), delivery("mail", "tom@example.com")], 0), "a colleague has it");
        assert!(answered(&[dead.clone(), of_step(1, DeliveryState::Due)], 1), "whoever the step names is asked, of whatever department");
        assert!(!answered(&[delivery("mail", "tom@example.com"), of_step(1, DeliveryState::Dead)], 1), "it is their turn now");
        assert!(!answered(&[Delivery { generation: 2, ..beside }], 0));
    }

    #[test]
    fn a_status_goes_only_to_those_who_were_told() {
        let unsent = Delivery { attempts: 0, ..delivery("mail", "tom@example.com") };
        let old = Delivery { generation: 0, ..delivery("mail", "old@example.com") };
        let rows = [delivery("mail", "mei@example.com"), unsent, old, delivery("mail", "MEI@example.com")];
        assert_eq!(addresses(&told(&rows, 1)), ["mail:mei@example.com"]);
    }
}
