//! What is in force: settings, rules, templates and the ways out, swapped as one by a reload.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::collect::source::SourceOptions;
use crate::decide::rule::Kind;
use crate::decide::{self, Judge};
use crate::outbound::{Outbound, OutboundError, ProxyOptions};
use crate::problem::{Problem, Problems};
use crate::respond::deliver::smtp::{Smtp, parse_mailbox};
use crate::respond::deliver::webhook::Webhook;
use crate::respond::deliver::{Channel, ChannelKind};
use crate::respond::message::Templates;
use crate::respond::notify;
use crate::settings::{self, Loaded, Settings};

/// One consistent set; never changed, only replaced.
pub struct Live {
    pub settings: Settings,
    pub judge: Judge,
    pub templates: Templates,
    pub outbound: Outbound,
    /// The ways out of sources that have a proxy.
    proxied: Vec<(ProxyOptions, Outbound)>,
    pub senders: BTreeMap<String, Sender>,
    /// Behind the `@` of Message-IDs.
    pub domain: String,
    /// Where each source stands among the settings', by its name.
    places: HashMap<String, usize>,
    /// Every file it was read from, for noticing a change.
    pub files: Vec<PathBuf>,
}

/// A channel ready to send.
pub enum Sender {
    Smtp(Box<Smtp>),
    Webhook(Box<Webhook>),
}

/// Why nothing could be put in force.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the operator's files have {}", mistakes(.0))]
    Problems(Vec<Problem>),
    #[error("[http]: {0}")]
    Outbound(#[from] OutboundError),
    #[error("channel `{0}`: {1}")]
    Channel(String, String),
}

fn mistakes(problems: &[Problem]) -> String {
    match problems.iter().filter(|problem| !problem.warning).count() {
        1 => "a mistake".to_owned(),
        count => format!("{count} mistakes"),
    }
}

impl Live {
    /// Reads everything anew. Warnings come beside it; any error refuses the whole.
    ///
    /// # Errors
    /// Every problem of the operator's files at once.
    pub fn load(config: &Path) -> Result<(Self, Vec<Problem>), LoadError> {
        let loaded = settings::load_here(config).map_err(LoadError::Problems)?;
        let problems = Problems::default();
        let rules = decide::load::load(&loaded.settings.rules_dir, &problems);
        let known = rules.rules.iter().filter_map(|rule| match &rule.kind {
            Kind::Category { category, .. } => Some(category.as_str()),
            _ => None,
        });
        loaded.unknown_categories(known).into_iter().for_each(|problem| problems.add(problem));
        // A model that cannot be read is a mistake of its own.
        decide::idle::unheard(&rules).filter(|_| !problems.any_error()).into_iter().for_each(|problem| problems.add(problem));
        let templates = Templates::load(loaded.settings.templates_dir.as_deref(), &problems);
        let found = problems.take();
        if found.iter().any(|problem| !problem.warning) {
            return Err(LoadError::Problems(found));
        }
        let judge = Judge::new(rules, &loaded.settings.brands);
        let warnings = loaded.warnings.iter().cloned().chain(found).collect();
        Ok((Self::make(loaded, judge, templates)?, warnings))
    }

    fn make(loaded: Loaded, judge: Judge, templates: Templates) -> Result<Self, LoadError> {
        let Loaded { settings, files, .. } = loaded;
        let outbound = Outbound::new(&settings.http)?;
        let mut proxied: Vec<(ProxyOptions, Outbound)> = Vec::new();
        for proxy in settings.sources.iter().filter_map(|source| source.proxy.as_ref()) {
            if !proxied.iter().any(|(known, _)| known == proxy) {
                proxied.push((proxy.clone(), Outbound::build(&settings.http, Some(proxy))?));
            }
        }
        let mut senders = BTreeMap::new();
        for channel in &settings.channels {
            senders.insert(channel.name.clone(), sender(channel, &outbound)?);
        }
        let domain = domain(&settings);
        let places = settings.sources.iter().enumerate().map(|(place, source)| (source.name.clone(), place)).collect();
        Ok(Self { judge, templates, outbound, proxied, senders, domain, places, files, settings })
    }

    /// The way a source is asked: straight, or through its proxy.
    #[must_use]
    pub fn outbound_of(&self, source: &SourceOptions) -> &Outbound {
        let own = source.proxy.as_ref().and_then(|proxy| self.proxied.iter().find(|(known, _)| known == proxy));
        own.map_or(&self.outbound, |(_, outbound)| outbound)
    }

    /// The source of this name, where the settings have it.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceOptions> {
        self.settings.sources.get(*self.places.get(name)?)
    }

    /// What the decisions of `respond` look things up in.
    #[must_use]
    pub fn context(&self) -> notify::Context<'_> {
        notify::Context {
            routes: &self.settings.routes,
            departments: &self.settings.departments,
            channels: &self.settings.channels,
            options: &self.settings.respond,
            domain: &self.domain,
        }
    }

    /// The channels that no person reads.
    #[must_use]
    pub fn programs(&self) -> Vec<String> {
        self.settings.channels.iter().filter(|channel| !channel.reaches_people()).map(|channel| channel.name.clone()).collect()
    }

    /// Folders in which a new file changes the set.
    #[must_use]
    pub fn watched_folders(&self) -> Vec<PathBuf> {
        let conf_d = self.files.first().and_then(|main| main.parent()).map(|folder| folder.join("conf.d"));
        conf_d.into_iter().chain([self.settings.rules_dir.clone()]).chain(self.settings.templates_dir.clone()).collect()
    }

    /// Says goodbye on the connections kept to mail servers: at the stop, and when another set has replaced this one.
    pub(super) async fn close(&self) {
        for sender in self.senders.values() {
            if let Sender::Smtp(smtp) = sender {
                smtp.close().await;
            }
        }
    }

    /// The zone and title of a department, or the company's.
    #[must_use]
    pub fn timezone_of(&self, department: &str) -> &TimeZone {
        self.context().department(department).map_or(&self.settings.company.timezone, |department| &department.timezone)
    }
}

fn sender(channel: &Channel, outbound: &Outbound) -> Result<Sender, LoadError> {
    let refused = |error: &dyn std::fmt::Display| LoadError::Channel(channel.name.clone(), error.to_string());
    Ok(match &channel.kind {
        ChannelKind::Smtp(options) => Sender::Smtp(Box::new(Smtp::new(options).map_err(|error| refused(&error))?)),
        ChannelKind::Webhook(options) => Sender::Webhook(Box::new(Webhook::new(options, outbound).map_err(|error| refused(&error))?)),
    })
}

/// Behind the `@` of Message-IDs: the domain of the first mail channel's sender, else the host of the public address.
pub(crate) fn domain(settings: &Settings) -> String {
    let senders = settings.channels.iter().filter_map(|channel| match &channel.kind {
        ChannelKind::Smtp(options) => parse_mailbox(&options.from).ok(),
        ChannelKind::Webhook(_) => None,
    });
    let mut domains = senders.map(|from| from.email.domain().to_owned());
    domains.next().or_else(|| settings.web.public_url.host_str().map(str::to_owned)).unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Place;

    #[test]
    fn one_mistake_is_one() {
        let problem = || Problem::error(Place::Named("a.toml".into()), "wrong", "Do it right.");
        let warning = Problem { warning: true, ..problem() };
        assert_eq!(LoadError::Problems(vec![problem(), warning]).to_string(), "the operator's files have a mistake");
        assert_eq!(LoadError::Problems(vec![problem(), problem()]).to_string(), "the operator's files have 2 mistakes");
    }
}
