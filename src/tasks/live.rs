//! What is in force: settings, rules, templates and the ways out, swapped as one by a reload.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decide::{self, Judge};
use crate::outbound::{Outbound, OutboundError};
use crate::problem::{Problem, Problems};
use crate::respond::deliver::{ChannelKind, Smtp, Webhook};
use crate::respond::message::Templates;
use crate::respond::notify;
use crate::settings::{self, Settings};

/// One consistent set; never changed, only replaced.
pub struct Live {
    pub settings: Settings,
    pub judge: Judge,
    pub templates: Templates,
    pub outbound: Outbound,
    pub senders: BTreeMap<String, Sender>,
    /// Behind the `@` of Message-IDs.
    pub domain: String,
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
    #[error("{} problems in the operator's files", .0.len())]
    Problems(Vec<Problem>),
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

impl Live {
    /// Reads everything anew. Warnings come beside it; any error refuses the whole.
    ///
    /// # Errors
    /// Every problem of the operator's files at once.
    pub fn load(config: &Path) -> Result<(Self, Vec<Problem>), LoadError> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        let loaded = settings::load(config, std::env::vars(), credentials.as_deref()).map_err(LoadError::Problems)?;
        let problems = Problems::default();
        let rules = decide::load(&loaded.settings.rules_dir, &problems);
        let templates = Templates::load(loaded.settings.templates_dir.as_deref(), &problems);
        let (mut warnings, mut errors) = (loaded.warnings, Vec::new());
        for problem in problems.take() {
            if problem.warning { &mut warnings } else { &mut errors }.push(problem);
        }
        if !errors.is_empty() {
            return Err(LoadError::Problems(errors));
        }
        let settings = loaded.settings;
        let judge = Judge::new(&rules, &settings.brands);
        let outbound = Outbound::new(&settings.http)?;
        let senders = senders(&settings, &outbound)?;
        let domain = domain(&settings);
        Ok((Self { judge, templates, outbound, senders, domain, files: loaded.files, settings }, warnings))
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
}
