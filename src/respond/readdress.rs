//! Where a delivery goes whose channel the settings name no more: to the same person over today's channels.

use super::deliver::ChannelKind;
use super::department::Member;
use super::notify::Context;
use crate::model::{Delivery, DeliveryKind, Incident, Recipient};

/// Who gets `delivery` today; `rows` are all of its incident. A person keeps the address over whatever mail there is now, a program gives
/// way to one that is told of such cases now. Where nothing of that is left, ops get it; none where they cannot be reached either.
#[must_use]
pub fn today(delivery: &Delivery, incident: &Incident, rows: &[Delivery], context: &Context<'_>) -> Option<Recipient> {
    let wanted = wanted(delivery, incident, context);
    let person = delivery.recipient.contains('@');
    let own = if person { same_person(delivery, &wanted, context) } else { programs(&wanted, context) };
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

/// Those whom the settings of today tell of it: the step of that name, or the department.
fn wanted(delivery: &Delivery, incident: &Incident, context: &Context<'_>) -> Vec<Recipient> {
    let step = usize::try_from(delivery.step).ok().and_then(|step| step.checked_sub(1));
    let name = step.filter(|_| delivery.kind == DeliveryKind::Escalation).and_then(|step| incident.ladder.get(step)).map(|step| &step.name);
    let ladder = || context.case_ladder(&incident.department);
    let of_today = name.and_then(|name| ladder().into_iter().find(|step| step.name == *name)).map(|step| step.recipients);
    of_today.filter(|recipients| !recipients.is_empty()).unwrap_or_else(|| context.recipients(&delivery.department))
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
        assert_eq!(goes(&delivery("old", "left@example.com"), &[]).as_deref(), Some("mail:left@example.com"), "whoever left the file, too");
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
