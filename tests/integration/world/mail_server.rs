//! The real mail server that `tests/mail-server/start` runs; its head says what stands in the folder.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hearken::model::Secret;
use hearken::respond::deliver::smtp::{SmtpOptions, SmtpTls};

use super::not_run::not_run;

/// Looks into the mailbox this often.
const LOOK: Duration = Duration::from_millis(50);

/// Whom Dovecot is told to read mailboxes as.
const MAILBOX_OWNER: u32 = 65534;

/// A mailbox at the server, and its Maildir.
pub(crate) struct Mailbox {
    pub(crate) name: String,
    pub(crate) port: u16,
    folder: PathBuf,
}

impl Mailbox {
    /// A mail arrives.
    pub(crate) fn put(&self, mail: &str) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{:08}.{}.test", NUMBER.fetch_add(1, Ordering::SeqCst), std::process::id());
        let path = self.folder.join("tmp").join(&name);
        std::fs::write(&path, mail).expect("it is written");
        std::os::unix::fs::chown(&path, Some(MAILBOX_OWNER), None).expect("it is ours");
        std::fs::rename(path, self.folder.join("new").join(name)).expect("it arrives");
    }

    /// The letters of each mail's flags as Maildir has them (`S` for seen), of those the server has looked at.
    pub(crate) fn flags(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.join("cur")).expect("a folder").filter_map(Result::ok);
        let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
        names.map(|name| name.split_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()).collect()
    }
}

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

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    pub(crate) fn login(&self) -> (String, String) {
        (self.word("user"), self.word("password"))
    }

    /// A fresh mailbox of this name, read by IMAP; none, and a plain word about it, where Dovecot came without IMAP.
    pub(crate) fn mailbox(&self, name: &str) -> Option<Mailbox> {
        let Ok(port) = self.word("port-imap").parse() else {
            not_run("the mail server has no IMAP (dovecot-imapd)");
            return None;
        };
        // Dovecot names folders on the disk as IMAP does on the wire.
        let encoded = if name == "監聽" { "&duOAfQ-" } else { name };
        let folder = self.folder.join("imap").join(format!(".{encoded}"));
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["", "new", "cur", "tmp"] {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).expect("a folder");
            std::os::unix::fs::chown(&path, Some(MAILBOX_OWNER), None).expect("the server runs as root, and so do we");
        }
        Some(Mailbox { name: name.to_owned(), port, folder })
    }

    fn word(&self, file: &str) -> String {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
    }
}
