//! `boxoffice serve`

use std::process::ExitCode;
use std::sync::Arc;

use boxoffice_commands::clock::{Clock, IdSource};
use boxoffice_infra::clock::SystemClock;
use boxoffice_infra::ids::SystemIds;
use boxoffice_infra::keys::ADMIN_TOKEN_FILE;
use serde::Serialize;

use super::failed::Failed;
use super::listener::Listener;
use super::{Outcome, Threads, logging, output, signals};
use crate::app::{App, AppOptions};
use crate::server::Site;
use crate::settings::{ServerArgs, ServerSettings};

const EXAMPLE: &str = "Example:
  boxoffice serve --data /var/lib/boxoffice --listen 127.0.0.1:8080

On first start the administrator's token is printed once and written to DIR/admin-token.
Ctrl-C or SIGTERM stops the server: requests under way are finished first.

A file for --config has lines as these, and systemd reads the same file with EnvironmentFile=:
  BOXOFFICE_DATA=/var/lib/boxoffice
  BOXOFFICE_LISTEN=127.0.0.1:8080";

/// The arguments of `boxoffice serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Say where the server listens as JSON
    #[arg(long)]
    json: bool,
}

/// What the server says of itself, for programs.
#[derive(Debug, Serialize)]
struct Started<'a> {
    listening: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    administrator_token: Option<&'a str>,
}

/// Runs the server until it is asked to stop.
pub(crate) fn run(arguments: &ServeArgs) -> Outcome {
    let settings = arguments.server.settle()?;
    logging::to_stderr(&settings.log)?;
    super::block_on(Threads::All, serve(&settings, arguments.json))
}

async fn serve(settings: &ServerSettings, json: bool) -> Outcome {
    let listener = Listener::bind(&settings.listen).await?;
    let app = App::start(app_options(settings)?).await?;
    let (address, token) = (format!("http://{}", listener.address()), app.new_administrator_token.as_deref());
    if json {
        output::json(&Started { listening: address, administrator_token: token })?;
    } else {
        if let Some(token) = token {
            let file = settings.data.join(ADMIN_TOKEN_FILE);
            output::say(&format!("administrator's token: {token} (also in {})", file.display()));
        }
        output::say(&format!("listening on {address}"));
    }
    tracing::info!(address = %listener.address(), data = %settings.data.display(), "started");
    let ending = async {
        let stop = async {
            signals::stop().await;
            app.begin_closing();
        };
        listener.serve(Site::of(&app), stop).await;
        app.shut_down().await;
    };
    let impatience = async {
        signals::stop().await;
        signals::stop().await;
    };
    tokio::select! {
        () = ending => tracing::info!("stopped"),
        () = impatience => return Err(Failed::new("stopped at once, on the second signal")),
    }
    Ok(ExitCode::SUCCESS)
}

/// How an application with the system's clock and ids is started.
pub(crate) fn app_options(settings: &ServerSettings) -> Result<AppOptions, Failed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids = SystemIds::new(Arc::clone(&clock))
        .map_err(|error| Failed::new(format!("the system has no randomness to give: {error}")))?;
    let ids: Arc<dyn IdSource> = Arc::new(ids);
    Ok(AppOptions {
        data: settings.data.clone(),
        database: settings.database.clone(),
        timers: settings.timers,
        clock,
        ids,
    })
}
