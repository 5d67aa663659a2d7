"""What a listing says in words: its fields, kinds, pay, visas."""

from typing import Final

from service.console.languages import N_
from service.domain.corridor import CorridorStatus
from service.domain.listing import Kind, WagePeriod
from service.domain.visa import VisaKind

FIELDS: Final = {
    "external_id": N_("Number of the record"),
    "kind": N_("Kind"),
    "title": N_("Title of the post or course"),
    "employer": N_("Employer"),
    "country": N_("Country"),
    "region": N_("Place"),
    "description": N_("Description"),
    "url": N_("Web address"),
    "skills": N_("Skills asked for"),
    "isco08": N_("Occupation code (ISCO-08)"),
    "min_experience_years": N_("Least years of experience"),
    "languages": N_("Languages"),
    "certificates": N_("Certificates asked for"),
    "wage": N_("Pay"),
    "wage_min": N_("Pay from"),
    "wage_max": N_("Pay to"),
    "wage_currency": N_("Currency of the pay"),
    "wage_period": N_("Pay is for each"),
    "fee": N_("What the worker pays"),
    "fee_currency": N_("Currency of what the worker pays"),
    "visa_class": N_("Visa"),
    "recruiter_licensed": N_("Recruiter has a licence"),
    "positions": N_("People wanted"),
    "posted_at": N_("Published on"),
    "valid_through": N_("Last day to apply"),
    "outcomes": N_("What the course leads to"),
    "duration_weeks": N_("Length of the course"),
    "cost": N_("Cost of the course"),
    "cost_currency": N_("Currency of the cost"),
    "provider": N_("Offered by"),
    "certification": N_("Certificate of the course"),
    "sectors": N_("Sectors"),
    "visibility": N_("Public or private"),
    "visible_to": N_("Organisations that see it"),
    "lat": N_("Degrees north"),
    "lon": N_("Degrees east"),
}
KINDS: Final = {
    Kind.JOB: N_("Job"),
    Kind.TRAINING: N_("Training"),
    Kind.ENTERPRISE: N_("Own business"),
    Kind.SERVICE: N_("Service"),
}
PERIODS: Final = {
    WagePeriod.HOUR: N_("Hour"),
    WagePeriod.DAY: N_("Day"),
    WagePeriod.WEEK: N_("Week"),
    WagePeriod.MONTH: N_("Month"),
    WagePeriod.YEAR: N_("Year"),
}
CORRIDORS: Final = {
    CorridorStatus.CLOSED: N_("Closed"),
    CorridorStatus.OPEN: N_("Open"),
}
VISAS: Final = {
    VisaKind.EMPLOYMENT: N_("Work visa"),
    VisaKind.DOMESTIC: N_("Domestic worker's visa"),
    VisaKind.FREE: N_("So-called free visa"),
    VisaKind.INVESTOR: N_("Investor visa"),
    VisaKind.BUSINESS: N_("Business visa"),
    VisaKind.VISIT: N_("Visit visa"),
    VisaKind.STUDENT: N_("Student visa"),
    VisaKind.FAMILY: N_("Family visa"),
}
