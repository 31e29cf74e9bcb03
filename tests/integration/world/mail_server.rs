//! The real mail server that `tests/mail-server/start` runs; its head says what stands in the folder.

use std::path::PathBuf;
use std::time::Duration;

use hearken::model::Secret;
use hearken::respond::deliver::smtp::{SmtpOptions, SmtpTls};

use super::not_run::not_run;

/// Looks into the mailbox this often.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) struct MailServer {
    folder: PathBuf,
}

impl MailServer {
    /// None, and a plain word about it, where none was started.
    pub(crate) fn find() -> Option<Self> {
        if let Some(folder) = std::env::var_os("HEARKEN_TEST_MAIL_SERVER") {
            return Some(Self { folder: folder.into() });
        }
        not_run("HEARKEN_TEST_MAIL_SERVER is not set (tests/mail-server/start DIR)");
        None
    }

    /// A channel over this server, with the right password.
    pub(crate) fn options(&self, tls: SmtpTls) -> SmtpOptions {
        let port = self.word(if tls == SmtpTls::Implicit { "port-implicit" } else { "port" });
        SmtpOptions {
            host: "localhost".into(),
            port: port.parse().expect("a port"),
            tls,
            ca_file: Some(self.folder.join("ca.pem")),
            username: Some(self.word("user")),
            password: Some(Secret::new(self.word("password"))),
            from: "Hearken 監聽 <alerts@example.test>".into(),
            reply_to: Some("客服中心 <care@example.test>".into()),
            timeout: Duration::from_secs(20),
        }
    }

    /// Waits for the mail with this `Message-ID` (without brackets) in the mailbox.
    pub(crate) async fn wait_for_mail(&self, message_id: &str, within: Duration) -> Vec<u8> {
        let wanted = format!("Message-ID: <{message_id}>");
        let find = async {
            loop {
                if let Some(mail) = self.mails().into_iter().find(|mail| String::from_utf8_lossy(mail).contains(&wanted)) {
                    return mail;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(within, find)
            .await
            .unwrap_or_else(|_| panic!("no mail {message_id}; the server's log:\n{}", self.word("postfix.log")))
    }

    pub(crate) fn mails(&self) -> Vec<Vec<u8>> {
        let Ok(files) = std::fs::read_dir(self.folder.join("mail/box/new")) else { return Vec::new() };
        files.filter_map(|file| std::fs::read(file.ok()?.path()).ok()).collect()
    }

    fn word(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
    }
}
