//! Venues: where shows happen, and their seating plans.

use axum::extract::Request as HttpRequest;
use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Request;
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::{OrganizerId, SeatingPlanId, VenueId};
use boxoffice_domain::seating::{self, ImportError, Layout, PlanFormat};
use boxoffice_domain::venue::{
    Address, Location, SeatingPlanImported, Venue, VenueCommand, VenueCreated, VenueEvent,
};
use boxoffice_projections::catalog::{SeatingPlanRow, VenueRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::context::Administrator;
use crate::extract::{self, Json, PLAN_MAX, Path, Query};
use crate::problem::{Code, FieldError, Problem};
use crate::wire::{self, Page, Paging};

/// A venue to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVenue {
    /// Whose it is.
    pub organizer_id: String,
    /// What it is called.
    #[schema(example = "City Theatre, main house")]
    pub name: String,
    /// Its IANA time zone.
    #[schema(example = "Europe/Berlin")]
    pub timezone: String,
    /// Where it is.
    pub address: AddressBody,
    /// Where it is on earth.
    pub location: Option<LocationBody>,
}

/// A postal address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// The town.
    pub city: String,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1, two capitals.
    #[schema(example = "DE")]
    pub country: String,
}

/// A place on earth, in degrees.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationBody {
    /// North of the equator.
    pub lat: f64,
    /// East of Greenwich.
    pub lng: f64,
}

/// A venue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VenueBody {
    /// The venue.
    pub venue_id: String,
    /// Whose it is.
    pub organizer_id: String,
    /// What it is called.
    pub name: String,
    /// Its IANA time zone.
    pub timezone: String,
    /// Where it is.
    pub address: AddressBody,
    /// Where it is on earth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationBody>,
}

impl From<VenueRow> for VenueBody {
    fn from(row: VenueRow) -> Self {
        Self::new(VenueCreated {
            address: row.address,
            location: row.location,
            name: row.name,
            organizer: row.organizer,
            timezone: row.timezone,
            venue: row.venue,
        })
    }
}

impl VenueBody {
    fn new(venue: VenueCreated) -> Self {
        let degrees = |millionths: i64| i32::try_from(millionths).map_or(0.0, f64::from) / 1e6;
        Self {
            venue_id: venue.venue.to_string(),
            organizer_id: venue.organizer.to_string(),
            name: venue.name,
            timezone: venue.timezone,
            address: AddressBody {
                line1: venue.address.line1,
                city: venue.address.city,
                postal_code: venue.address.postal_code,
                country: venue.address.country,
            },
            location: venue
                .location
                .map(|at| LocationBody { lat: degrees(at.lat_e6), lng: degrees(at.lng_e6) }),
        }
    }
}

fn location(body: LocationBody) -> Result<Location, Problem> {
    let millionths = |degrees: f64, most: f64, pointer: &str| {
        if !(-most..=most).contains(&degrees) {
            return Err(Problem::field(
                pointer,
                "out_of_range",
                format!("Expected -{most} to {most} degrees."),
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
        Ok((degrees * 1e6).round() as i64)
    };
    Ok(Location {
        lat_e6: millionths(body.lat, 90.0, "/location/lat")?,
        lng_e6: millionths(body.lng, 180.0, "/location/lng")?,
    })
}

fn address(body: &AddressBody) -> Result<Address, Problem> {
    let country = body.country.trim();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(Problem::field(
            "/address/country",
            "invalid",
            "Expected two capitals as DE (ISO 3166-1).",
        ));
    }
    Ok(Address {
        city: wire::text(&body.city, "/address/city", 200)?,
        country: country.to_owned(),
        line1: wire::optional_text(body.line1.as_deref(), "/address/line1", 200)?,
        postal_code: wire::optional_text(body.postal_code.as_deref(), "/address/postal_code", 20)?,
    })
}

/// Makes a venue.
#[utoipa::path(post, path = "/v1/venues", tag = "Organizers", operation_id = "create_venue", request_body = NewVenue,
    responses((status = 201, description = "The venue", body = VenueBody)))]
pub async fn create_venue(
    Administrator(context): Administrator,
    Json { value, canonical }: Json<NewVenue>,
) -> Result<Answer, Problem> {
    let app = &context.app;
    let organizer: OrganizerId = wire::id(&value.organizer_id, "/organizer_id")?;
    if !boxoffice_domain::time::is_timezone(&value.timezone) {
        let detail = "Expected an IANA time zone, as Europe/Berlin.";
        return Err(Problem::field("/timezone", "unknown_timezone", detail));
    }
    let address = address(&value.address)?;
    let location = value.location.map(location).transpose()?;
    let name = wire::text(&value.name, "/name", 200)?;
    context.wait_all().await?;
    app.organizer(organizer).await.map_err(|problem| problem_at(problem, "/organizer_id", "organizer"))?;
    let venue = VenueId::from_uuid(context.idempotency.resource(&app.guard, || app.ids.next()));
    let created = VenueCreated { address, location, name, organizer, timezone: value.timezone, venue };
    let request = Request { command: VenueCommand::Create(created), meta: context.command(&canonical) };
    let accepted = app.venues.send(Venue::stream(venue), request).await?;
    let Some(VenueEvent::VenueCreated(created)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a venue without its event"));
    };
    let body = VenueBody::new(created);
    let location = format!("/v1/venues/{venue}");
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&location))
}

/// Something that a body names and that does not exist is the body's fault.
pub(super) fn problem_at(problem: Problem, pointer: &str, what: &str) -> Problem {
    if problem.code == Code::NotFound {
        Problem::field(pointer, "unknown", format!("There is no such {what}."))
    } else {
        problem
    }
}

/// A venue.
#[utoipa::path(get, path = "/v1/venues/{venue_id}", tag = "Organizers", operation_id = "get_venue",
    params(("venue_id" = String, Path, description = "The venue")),
    responses((status = 200, description = "The venue", body = VenueBody)))]
pub async fn get_venue(
    Administrator(context): Administrator,
    Path(venue): Path<VenueId>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    Answer::json(StatusCode::OK, &VenueBody::from(context.app.venue(venue).await?))
}

/// All venues, in the order of their ids.
#[utoipa::path(get, path = "/v1/venues", tag = "Organizers", operation_id = "list_venues", params(Paging),
    responses((status = 200, description = "A page of them", body = Page<VenueBody>)))]
pub async fn list_venues(
    Administrator(context): Administrator,
    Query(paging): Query<Paging>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let page = context
        .app
        .page(boxoffice_projections::catalog::VENUE.name, Vec::new(), &paging, |row| {
            VenueRow::from_row(row).map(|row| (row.venue.to_string(), VenueBody::from(row)))
        })
        .await?;
    Answer::json(StatusCode::OK, &page)
}

/// How a seating plan is written.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanFormatParameter {
    /// `pretix` or `seatsio`; guessed from the plan unless told.
    pub format: Option<String>,
}

/// A seating plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatingPlanBody {
    /// The plan.
    pub seating_plan_id: String,
    /// The venue.
    pub venue_id: String,
    /// What it is called.
    pub name: String,
    /// How many seats it has.
    pub seats: usize,
    /// Its price categories.
    pub categories: Vec<PlanCategory>,
    /// Its standing areas.
    pub areas: Vec<PlanArea>,
}

/// A price category of a plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanCategory {
    /// What ticket types refer to.
    pub name: String,
    /// How many seats it has.
    pub seats: usize,
}

/// A standing area of a plan; it becomes a pool of each event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanArea {
    /// What it is called.
    pub name: String,
    /// How many people it takes.
    pub capacity: u32,
}

impl SeatingPlanBody {
    fn new(plan: SeatingPlanId, venue: VenueId, name: &str, layout: &Layout) -> Self {
        let document = layout.document();
        let mut counts = vec![0; document.categories.len()];
        for seat in &document.seats {
            if let Some(count) = counts.get_mut(seat.category as usize) {
                *count += 1;
            }
        }
        Self {
            seating_plan_id: plan.to_string(),
            venue_id: venue.to_string(),
            name: name.to_owned(),
            seats: document.seats.len(),
            categories: document
                .categories
                .iter()
                .zip(counts)
                .map(|(category, seats)| PlanCategory { name: category.name.clone(), seats })
                .collect(),
            areas: document
                .areas
                .iter()
                .map(|area| PlanArea { name: area.name.clone(), capacity: area.capacity })
                .collect(),
        }
    }
}

/// Imports a seating plan. The body is the plan as it is, up to 32 MiB.
#[utoipa::path(post, path = "/v1/venues/{venue_id}/seating_plans", tag = "Organizers", operation_id = "import_seating_plan",
    params(("venue_id" = String, Path, description = "The venue"), PlanFormatParameter), request_body = Object,
    responses((status = 201, description = "The plan", body = SeatingPlanBody)))]
pub async fn import_seating_plan(
    Administrator(context): Administrator,
    Path(venue): Path<VenueId>,
    Query(parameter): Query<PlanFormatParameter>,
    request: HttpRequest,
) -> Result<Answer, Problem> {
    let app = &context.app;
    extract::must_be_json(request.headers())?;
    let content = extract::body(request, PLAN_MAX).await?;
    let format = match parameter.format.as_deref() {
        Some("pretix") => PlanFormat::Pretix,
        Some("seatsio") => PlanFormat::Seatsio,
        Some(_) => return Err(Problem::field("format", "unknown_format", "Expected pretix or seatsio.")),
        None => PlanFormat::guess(&content),
    };
    context.wait_all().await?;
    app.venue(venue).await?;
    // A large plan takes long to read: nobody else has to wait for that.
    let plan = content.clone();
    let read = tokio::task::spawn_blocking(move || {
        let document = seating::import(format, &plan).map_err(import_problem)?;
        Layout::write(document).map_err(Problem::internal)
    });
    let (layout, stored) = read.await.map_err(Problem::internal)??;
    let source = app.documents.keep(&content).await?;
    let digest = app.documents.keep(&stored).await?;
    let imported = SeatingPlanImported {
        format,
        layout: digest,
        name: layout.document().name.clone(),
        plan: SeatingPlanId::from_uuid(app.ids.next()),
        seats: u32::try_from(layout.seats().len()).unwrap_or(u32::MAX),
        source,
        venue,
    };
    let request =
        Request { command: VenueCommand::AddSeatingPlan(imported), meta: context.command(&content) };
    let accepted = app.venues.send(Venue::stream(venue), request).await?;
    let Some(VenueEvent::SeatingPlanImported(imported)) = accepted.events.into_iter().next() else {
        return Err(Problem::internal("a seating plan without its event"));
    };
    let body = SeatingPlanBody::new(imported.plan, venue, &imported.name, &layout);
    let address = format!("/v1/venues/{venue}/seating_plans/{}", imported.plan);
    Ok(Answer::json(StatusCode::CREATED, &body)?.at(accepted.position).located(&address))
}

fn import_problem(error: ImportError) -> Problem {
    match error {
        ImportError::NotJson { detail } => {
            Problem::new(Code::Malformed, format!("The plan is not JSON: {detail}"))
        }
        ImportError::Faults(faults) => {
            let detail = match faults.len() {
                1 => "The seating plan has a fault; see `errors`.".to_owned(),
                count => format!("The seating plan has {count} faults or more; see `errors`."),
            };
            let errors = faults
                .into_iter()
                .map(|fault| FieldError { pointer: fault.pointer, code: fault.code, detail: fault.detail })
                .collect();
            Problem { errors, ..Problem::new(Code::InvalidPlan, detail) }
        }
    }
}

/// A seating plan.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/seating_plans/{seating_plan_id}", tag = "Organizers",
    operation_id = "get_seating_plan",
    params(("venue_id" = String, Path, description = "The venue"), ("seating_plan_id" = String, Path, description = "The plan")),
    responses((status = 200, description = "The plan", body = SeatingPlanBody)))]
pub async fn get_seating_plan(
    Administrator(context): Administrator,
    Path((venue, plan)): Path<(VenueId, SeatingPlanId)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let row = context.app.seating_plan(venue, plan).await?;
    let layout =
        context.app.feed.layout(row.layout).await?.ok_or_else(|| Problem::internal("a layout is missing"))?;
    Answer::json(StatusCode::OK, &SeatingPlanBody::new(plan, venue, &row.name, &layout))
}

/// The seating plan as it was imported, byte for byte.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/seating_plans/{seating_plan_id}/source", tag = "Organizers",
    operation_id = "export_seating_plan",
    params(("venue_id" = String, Path, description = "The venue"), ("seating_plan_id" = String, Path, description = "The plan")),
    responses((status = 200, description = "The plan's own JSON", body = Object)))]
pub async fn export_seating_plan(
    Administrator(context): Administrator,
    Path((venue, plan)): Path<(VenueId, SeatingPlanId)>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    let row = context.app.seating_plan(venue, plan).await?;
    let content = context.app.documents.find(row.source).await?;
    let content = content.ok_or_else(|| Problem::internal("a seating plan's document is missing"))?;
    Ok(Answer::bytes(StatusCode::OK, "application/json", bytes::Bytes::copy_from_slice(&content)))
}

/// The seating plans of a venue.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/seating_plans", tag = "Organizers", operation_id = "list_seating_plans",
    params(("venue_id" = String, Path, description = "The venue"), Paging),
    responses((status = 200, description = "A page of them", body = Page<SeatingPlanEntry>)))]
pub async fn list_seating_plans(
    Administrator(context): Administrator,
    Path(venue): Path<VenueId>,
    Query(paging): Query<Paging>,
) -> Result<Answer, Problem> {
    context.wait_own().await?;
    context.app.venue(venue).await?;
    let of_venue = vec![("venue_id", venue.to_string().into())];
    let page = context
        .app
        .page(boxoffice_projections::catalog::SEATING_PLAN.name, of_venue, &paging, |row| {
            SeatingPlanRow::from_row(row).map(|row| {
                let plan = row.plan.to_string();
                (plan.clone(), SeatingPlanEntry { seating_plan_id: plan, name: row.name, seats: row.seats })
            })
        })
        .await?;
    Answer::json(StatusCode::OK, &page)
}

/// A seating plan in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatingPlanEntry {
    /// The plan.
    pub seating_plan_id: String,
    /// What it is called.
    pub name: String,
    /// How many seats it has.
    pub seats: u32,
}
