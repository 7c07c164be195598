"""Every decision about how the content sample looks: shares, weights, shapes (SPEC 2.1, 3, 4).

The numbers are the issue's (named so), measured on the real search day of 2022-07-01 (see
`search_shares`), or chosen here to be plausible; each comment says which.
"""

from __future__ import annotations

from typing import Final, NamedTuple

# --- content types (SPEC 4) as bits of a household's taste --------------------------------------

TV: Final = 1
MOVIE: Final = 2
SPORT: Final = 4
KIDS: Final = 8
RELAX: Final = 16

TASTE_CONTRACTS: Final[tuple[tuple[int, int], ...]] = (
    # (types watched in the month, contracts of 1,920,546): the table.
    (TV, 1_323_358),
    (MOVIE | TV, 246_150),
    (KIDS | TV, 124_183),
    (MOVIE | KIDS | TV, 76_583),
    (RELAX | TV, 37_514),
    (RELAX | MOVIE | TV, 34_381),
    (RELAX | MOVIE | KIDS | TV, 23_838),
    (SPORT | TV, 15_728),
    (RELAX | KIDS | TV, 10_091),
    (MOVIE | SPORT | TV, 9_740),
    (MOVIE | SPORT | KIDS | TV, 4_479),
    (SPORT | KIDS | TV, 4_325),
    (RELAX | MOVIE | SPORT | TV, 3_481),
    (RELAX | MOVIE | SPORT | KIDS | TV, 3_135),
    # "The rest rarer": the 3,560 contracts left, over the 17 other combinations; chosen here.
    (RELAX | SPORT | TV, 1_240),
    (MOVIE, 760),
    (RELAX | SPORT | KIDS | TV, 590),
    (KIDS, 330),
    (MOVIE | KIDS, 170),
    (RELAX, 150),
    (RELAX | MOVIE, 90),
    (SPORT, 70),
    (RELAX | MOVIE | KIDS, 50),
    (MOVIE | SPORT, 35),
    (RELAX | KIDS, 25),
    (SPORT | KIDS, 15),
    (RELAX | SPORT, 12),
    (MOVIE | SPORT | KIDS, 8),
    (RELAX | MOVIE | SPORT, 7),
    (RELAX | SPORT | KIDS, 5),
    (RELAX | MOVIE | SPORT | KIDS, 3),
)

HEADLINE_CONTRACTS: Final = 1_920_546  # the issue: contracts of the headline month
HEADLINE_SEARCH_ROWS: Final = 70_000  # the issue: search rows a day
HEADLINE_SEARCH_USERS: Final = 400_000  # chosen: the real day has 32,377 users; a month has more

# --- households ----------------------------------------------------------------------------------

HIGH_SHARE: Final = 0.716  # the issue: active on 15 days or more
HIGH_DAYS: Final = 15  # SPEC 4, var active_high_days
HIGH_RAMP: Final = 12  # weight of n days is HIGH_RAMP + n - 15: with the chances of
# ACTIVITIES it gives 22.4 lines a contract and month, 43 million for the headline (the issue).
CHURN_PER_MONTH: Final = 0.02  # the brief: churn and newcomers of about 2% a month
TASTE_KEPT: Final = 0.75  # chosen: households that keep taste and rhythm from month to month
SECOND_DEVICE_SHARE: Final = 0.3  # chosen: contracts with two boxes

REGIONS: Final[tuple[tuple[str, int], ...]] = (
    # Branch codes of the operator's kind and their weights; chosen, big cities lead.
    ("SGH", 10), ("SGD", 9), ("HNH", 10), ("HND", 9), ("BDH", 5), ("BDD", 4), ("DNH", 5),
    ("DND", 4), ("DAH", 4), ("HPH", 4), ("HPD", 3), ("CTH", 3), ("CTD", 2), ("BNH", 2),
    ("BGH", 2), ("HDH", 2), ("HYH", 2), ("NDH", 2), ("NBH", 1), ("TBH", 2), ("THH", 2),
    ("NAH", 3), ("HTH", 1), ("QBH", 1), ("HUH", 2), ("QNH", 2), ("QGH", 1), ("BIH", 2),
    ("PYH", 1), ("KHH", 3), ("LDH", 2), ("DLH", 2), ("GLH", 1), ("TNH", 1), ("BTH", 2),
    ("VTH", 3), ("TGH", 2), ("LAH", 2), ("AGH", 2), ("KGH", 2), ("CMH", 1), ("VLH", 1),
    ("PTH", 2), ("VPH", 2), ("TQH", 1), ("LCH", 1), ("LSH", 1), ("QIH", 2),
)  # fmt: skip

DEVICE_VENDORS: Final = ("E4AB89", "B046FC", "4CEBBD", "B84DEE", "CCD3C1", "84A1D1", "4C4E03")

# --- what a household does on an active day ------------------------------------------------------


class Activity(NamedTuple):
    """One kind of record a household may have on an active day (one content type, some apps)."""

    name: str
    type_bit: int
    certain: bool  # on every active day when it is the household's first type; once a month else
    chance: float  # on any other active day
    apps: tuple[tuple[str, int], ...]  # app name, weight
    median_seconds: int
    sigma: float  # of the logarithm
    opened_only: float  # share of records of 0 seconds (SPEC 4: opened, not watched)


# Chances, app weights and durations are chosen; they put 43.0 million rows into the headline.
ACTIVITIES: Final[tuple[Activity, ...]] = (
    Activity("tv", TV, True, 0.0, (("CHANNEL", 1),), 8_400, 1.15, 0.0),
    Activity(
        "movie", MOVIE, True, 0.225,
        (("VOD", 44), ("VOD_RES", 6), ("FIMS", 10), ("FIMS_RES", 16), ("BHD", 8), ("BHD_RES", 7),
         ("DANET", 9)),
        3_000, 1.0, 0.02,
    ),
    Activity("sport", SPORT, True, 0.225, (("SPORT", 1),), 4_200, 0.9, 0.02),
    Activity("kids", KIDS, True, 0.225, (("CHILD", 1),), 3_600, 1.0, 0.01),
    Activity("relax", RELAX, True, 0.225, (("RELAX", 1),), 1_200, 1.1, 0.03),
    Activity("tv_extra", TV, False, 0.04, (("KPLUS", 46), ("DSHD", 32), ("APP", 22)),
             2_400, 1.2, 0.04),
)  # fmt: skip

MAX_SECONDS: Final = 86_400  # SPEC 3, var max_record_seconds
KPLUS_VARIANT_SHARE: Final = 0.1  # chosen: KPLUS records written `KPlus` (SPEC 2.1)

DOCUMENT_WORDS: Final = {
    # `_type`: "a lower-case word" (the brief), the app's family as in SPEC 2.1's example.
    "CHANNEL": "channel", "DSHD": "dshd", "KPLUS": "kplus", "APP": "app", "VOD": "vod",
    "VOD_RES": "vod", "FIMS": "fims", "FIMS_RES": "fims", "BHD": "bhd", "BHD_RES": "bhd",
    "DANET": "danet", "SPORT": "sport", "CHILD": "child", "RELAX": "relax",
}  # fmt: skip

# --- dirt in content files (SPEC 2.1, 3): share of a file's rows, at least one row each ----------

CONTENT_DIRT: Final[tuple[tuple[str, float], ...]] = (
    # About 0.3% altogether (the brief); malformed lines are rarer. Chosen otherwise.
    ("contract_null", 0.000_20),
    ("contract_blank", 0.000_15),
    ("contract_zero", 0.000_35),
    ("contract_ipv4", 0.000_15),
    ("contract_placeholder", 0.000_10),
    ("duration_negative", 0.000_25),
    ("duration_missing", 0.000_15),
    ("duration_text", 0.000_25),
    ("duration_word", 0.000_05),
    ("duration_fraction", 0.000_10),
    ("duration_boolean", 0.000_05),
    ("duration_huge", 0.000_20),
    ("unknown_app", 0.000_25),
    ("duplicate_id", 0.000_40),
    ("app_spelling", 0.000_10),
    ("extra_field", 0.000_10),
    ("missing_mac", 0.000_10),
    ("carriage_return", 0.000_05),
    ("missing_source", 0.000_01),
    ("garbage", 0.000_01),
)

UNKNOWN_APPS: Final = ("NETHUB", "KARAOKE_TEST", "BOX_DEMO", "OTT2")
PLACEHOLDERS: Final = ("null", "none", "unknown", "NULL", "None")
GARBAGE_LINES: Final = (
    "java.io.IOException: Broken pipe",
    "#### export restarted ####",
    "[]",
    '"just a string"',
    '{"_index":"history","_type":"channel","_id":',
)

# --- identities and library (SPEC 2.3, 2.4) ------------------------------------------------------

IDENTIFIED_SHARE: Final = 0.4  # the brief: about 40% of the customers
SECOND_CONTRACT_EVERY: Final = 50  # chosen: every 50th identified customer has a second contract
SECOND_USER_EVERY: Final = 33  # chosen: every 33rd has a second user
FALSE_HUB_ROWS: Final = 24  # the brief: one false hub of more than 20 identifiers
LIBRARY_ROWS: Final = 60  # the brief: a few dozen keywords in the operator's own library
