//! A database of its own in the cluster that `HEARKEN_TEST_POSTGRES` names, dropped at the end of the test.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _};

use super::not_run::not_run;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Runs `story` with the address of a fresh database. Without a cluster it says so and returns.
pub(crate) async fn with_database<F: Future<Output = ()>>(story: impl FnOnce(String) -> F) {
    let Ok(cluster) = std::env::var("HEARKEN_TEST_POSTGRES") else {
        not_run("HEARKEN_TEST_POSTGRES is not set (tests/postgres start DIR)");
        return;
    };
    let name = format!("hearken_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    command(&cluster, format!("CREATE DATABASE {name}")).await;
    let mut address = url::Url::parse(&cluster).expect("HEARKEN_TEST_POSTGRES is an address");
    address.set_path(&name);
    let outcome = AssertUnwindSafe(story(address.to_string())).catch_unwind().await;
    command(&cluster, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

async fn command(cluster: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(cluster).await.expect("the cluster answers");
    connection.execute(AssertSqlSafe(sql)).await.expect("the cluster obeys");
    connection.close().await.expect("the connection closes");
}
