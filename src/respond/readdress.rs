//! Where a delivery goes whose channel or whose person the settings name no more, and whom a step of an old case tells today.

use super::deliver::ChannelKind;
use super::department::Member;
use super::notify::{Context, once_each};
use crate::model::{Delivery, DeliveryKind, Incident, LadderStep, Recipient};

/// Who gets `delivery` today; `rows` are all of its incident. A person whom the settings know keeps the address over whatever mail there is
/// now, a program gives way to one that is told of such cases now. Where nothing of that is left, those whom the settings name in their place
/// get it, at the end ops; none where they cannot be reached either.
#[must_use]
pub fn today(delivery: &Delivery, incident: &Incident, rows: &[Delivery], context: &Context<'_>) -> Option<Recipient> {
    let wanted = wanted(delivery, incident, context);
    let own = if !knows(&delivery.recipient, context) || has_left_desk(delivery, incident, context) {
        Vec::new()
    } else if is_person(&delivery.recipient) {
        same_person(delivery, &wanted, context)
    } else {
        programs(&wanted, context)
    };
    let all = if own.is_empty() { wanted } else { own };
    let ops = || context.recipients(&context.options.ops);
    let all = if all.is_empty() { ops() } else { all };
    let is_told = |recipient: &&Recipient| {
        let of_this = |row: &&Delivery| row.generation == delivery.generation && row.kind == delivery.kind && row.step == delivery.step;
        rows.iter().filter(of_this).any(|row| row.channel == recipient.channel && row.recipient == recipient.address)
    };
    // Whoever is told by another row already needs no second one; the row says so by being cancelled.
    all.iter().find(|recipient| !is_told(recipient)).or(all.first()).cloned()
}

/// Whether a waiting delivery can go where it was sent: a person who has left reads it no more, and whoever sits at another desk or has moved
/// on to the ladder is not whom a desk's warning is for. News of a case are for whom they were written.
#[must_use]
pub fn is_current(delivery: &Delivery, incident: &Incident, context: &Context<'_>) -> bool {
    delivery.kind == DeliveryKind::Status || (knows(&delivery.recipient, context) && !has_left_desk(delivery, incident, context))
}

/// Whether a person sits at a desk today. Of a desk that is no more, and of a program, nobody can say otherwise.
#[must_use]
pub fn sits_at(department: &str, address: &str, context: &Context<'_>) -> bool {
    let has = |members: &[Member]| members.iter().any(|member| member.mail.eq_ignore_ascii_case(address));
    !is_person(address) || context.named(department).is_none_or(|desk| has(&desk.members))
}

/// Whether a warning was for the desk that its reader has left. Those whom a step of the case named were warned as such.
fn has_left_desk(delivery: &Delivery, incident: &Incident, context: &Context<'_>) -> bool {
    let is_reader = |one: &Recipient| one.address.eq_ignore_ascii_case(&delivery.recipient);
    let is_of_ladder = || incident.ladder.iter().flat_map(|step| &step.recipients).any(is_reader);
    delivery.kind == DeliveryKind::Warning && !sits_at(&delivery.department, &delivery.recipient, context) && !is_of_ladder()
}

/// The case with the people of today in every step it has not taken yet. Their times stay: mails have promised them.
#[must_use]
pub fn with_people_of_today(incident: &Incident, context: &Context<'_>) -> Incident {
    let taken = usize::try_from(incident.step).unwrap_or(0);
    let mut today = incident.clone();
    for (index, step) in today.ladder.iter_mut().enumerate().skip(taken) {
        let people = people_of_today(index, step, &incident.department, context);
        if !people.is_empty() {
            step.recipients = people;
        }
    }
    today
}

/// Whom a step tells by the settings of today: the step of that name, else all its people where they are still there, else the step in its
/// place, else those who are left, else the desk that its people sat at.
fn people_of_today(index: usize, step: &LadderStep, department: &str, context: &Context<'_>) -> Vec<Recipient> {
    let own = context.case_ladder(department);
    let desks: Vec<&str> = step.recipients.iter().map(|recipient| recipient.department.as_str()).collect();
    let is_theirs = |today: &LadderStep| desks.is_empty() || today.recipients.iter().any(|one| desks.contains(&one.department.as_str()));
    let is_it = |today: &&LadderStep| today.name == step.name && is_theirs(today);
    let in_place = own.get(index);
    let others = || desks.iter().flat_map(|desk| context.ladder(desk));
    let named = in_place.filter(is_it).or_else(|| own.iter().find(is_it)).cloned().or_else(|| others().find(|today| is_it(&today)));
    if let Some(named) = named {
        return named.recipients;
    }
    let still: Vec<Recipient> = step.recipients.iter().filter(|one| knows(&one.address, context)).cloned().collect();
    if still.len() == step.recipients.len() {
        return still;
    }
    match in_place.filter(|today| is_theirs(today)) {
        Some(today) => today.recipients.clone(),
        None if still.is_empty() => context.recipients_of(desks),
        None => still,
    }
}

fn is_person(address: &str) -> bool {
    address.contains('@')
}

/// Whether anybody in the settings has this address; of programs the channel is what counts.
#[must_use]
pub fn knows(address: &str, context: &Context<'_>) -> bool {
    !is_person(address) || context.everybody().any(|member| member.mail.eq_ignore_ascii_case(address))
}

/// Those whom the settings of today tell of it: the step, or the department.
fn wanted(delivery: &Delivery, incident: &Incident, context: &Context<'_>) -> Vec<Recipient> {
    let index =
        usize::try_from(delivery.step).ok().and_then(|step| step.checked_sub(1)).filter(|_| delivery.kind == DeliveryKind::Escalation);
    let step = index.and_then(|index| Some((index, incident.ladder.get(index)?)));
    let of_step = step.map(|(index, step)| people_of_today(index, step, &incident.department, context));
    of_step.filter(|people| !people.is_empty()).unwrap_or_else(|| once_each(context.recipients(&delivery.department)))
}

/// The same address, as the settings have it now; else over the department's mail, else over any.
fn same_person(delivery: &Delivery, wanted: &[Recipient], context: &Context<'_>) -> Vec<Recipient> {
    let is_it = |recipient: &&Recipient| recipient.address.eq_ignore_ascii_case(&delivery.recipient);
    let configured: Vec<Recipient> = wanted.iter().filter(is_it).cloned().collect();
    if !configured.is_empty() {
        return configured;
    }
    let Some(department) = context.department(&delivery.department) else { return Vec::new() };
    let member = [Member { name: delivery.name.clone(), mail: delivery.recipient.clone() }];
    let every: Vec<String> = context.channels.iter().map(|channel| channel.name.clone()).collect();
    let ways = [&department.channels, &department.fallback, &every];
    let over = ways.into_iter().map(|channels| context.reach(department, &member, channels));
    let mut over = over.map(|found| found.into_iter().filter(|recipient| is_it(&recipient)).collect::<Vec<_>>());
    over.find(|found| !found.is_empty()).unwrap_or_default()
}

fn programs(wanted: &[Recipient], context: &Context<'_>) -> Vec<Recipient> {
    let is_program = |recipient: &&Recipient| {
        let channel = context.channels.iter().find(|channel| channel.name == recipient.channel);
        channel.is_some_and(|channel| matches!(channel.kind, ChannelKind::Webhook(_)))
    };
    wanted.iter().filter(is_program).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::department::Tell;
    use super::super::samples::{World, delivery, incident};
    use super::*;

    fn goes(delivery: &Delivery, incident: &Incident, rows: &[Delivery], world: &World) -> Option<String> {
        today(delivery, incident, rows, &world.context()).map(|to| format!("{}:{}", to.channel, to.address))
    }

    #[test]
    fn a_person_keeps_the_address_and_a_program_gives_way() {
        let world = World::new();
        let goes = |delivery: &Delivery, rows: &[Delivery]| goes(delivery, &incident(), rows, &world);
        assert_eq!(goes(&delivery("old", "Mei@Example.com"), &[]).as_deref(), Some("mail:mei@example.com"));
        assert_eq!(goes(&delivery("mail", "left@example.com"), &[]).as_deref(), Some("mail:mei@example.com"), "whoever left gives way");
        assert_eq!(goes(&delivery("oldhook", "oldhook"), &[]).as_deref(), Some("hook:hook"));
        assert_eq!(goes(&delivery("oldhook", "oldhook"), &[delivery("hook", "hook")]).as_deref(), Some("hook:hook"), "told already");
    }

    #[test]
    fn a_step_goes_to_the_people_it_names_today() {
        let world = World::new();
        let mut case = incident();
        case.ladder = world.context().ladder("logistics");
        case.ladder[0].recipients.iter_mut().for_each(|recipient| recipient.channel = "old".into());
        let step = Delivery { kind: DeliveryKind::Escalation, step: 1, ..delivery("old", "lead@example.com") };
        assert_eq!(goes(&step, &case, &[], &world).as_deref(), Some("mail:lead@example.com"));
        let program = Delivery { recipient: "old".into(), ..step };
        assert_eq!(goes(&program, &case, &[], &world).as_deref(), Some("hook:hook"));
    }

    #[test]
    fn a_step_whose_person_left_goes_to_whoever_came() {
        let mut world = World::new();
        let mut case = incident();
        case.ladder = world.context().case_ladder("logistics");
        let old = case.ladder[0].recipients[0].address.clone();
        let logistics = world.departments.iter_mut().find(|department| department.name == "logistics").expect("logistics");
        let Tell::Members { members, .. } = &mut logistics.ladder[0].tell else { panic!("people") };
        members.iter_mut().filter(|member| member.mail == old).for_each(|member| member.mail = "new@example.com".into());
        let step = |case: &Incident, world: &World, index: usize| -> Vec<String> {
            let today = with_people_of_today(case, &world.context());
            today.ladder[index].recipients.iter().map(|recipient| recipient.address.clone()).collect()
        };
        assert!(step(&case, &world, 0).contains(&"new@example.com".to_owned()), "{:?}", step(&case, &world, 0));
        assert!(!step(&case, &world, 0).contains(&old));
        case.ladder[0].name = "its name of before".into();
        assert!(step(&case, &world, 0).contains(&"new@example.com".to_owned()), "the step has another name as well");
        case.step = 1;
        assert!(step(&case, &world, 0).contains(&old), "what was told stands as it was");
        let row = Delivery { kind: DeliveryKind::Escalation, step: 1, ..delivery("mail", &old) };
        assert_eq!(goes(&row, &case, &[], &world).as_deref(), Some("mail:new@example.com"));
        let current = |kind: DeliveryKind, reader: &str, world: &World| {
            is_current(&Delivery { kind, ..delivery("mail", reader) }, &incident(), &world.context())
        };
        assert!(!current(DeliveryKind::Escalation, &old, &world));
        assert!(current(DeliveryKind::Status, &old, &world), "news are for whom they were written");
        assert!(current(DeliveryKind::Warning, "mei@example.com", &world) && !current(DeliveryKind::Warning, "new@example.com", &world));
        assert!(current(DeliveryKind::Escalation, "new@example.com", &world));
    }

    #[test]
    fn where_no_mail_is_left_the_department_hears_otherwise_and_last_of_all_ops() {
        let mut world = World::new();
        world.channels.retain(|channel| channel.name != "mail");
        assert_eq!(goes(&delivery("mail", "mei@example.com"), &incident(), &[], &world).as_deref(), Some("hook:hook"));
        world.departments.iter_mut().find(|department| department.name == "ops").expect("ops").channels = vec!["spare".into()];
        let care = Delivery { department: "care".into(), ..delivery("mail", "cara@example.com") };
        assert_eq!(goes(&care, &incident(), &[], &world).as_deref(), Some("spare:spare"));
        world.channels.clear();
        assert_eq!(goes(&care, &incident(), &[], &world), None);
    }
}
