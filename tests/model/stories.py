"""The interleavings that matter most, told in order: what chance may take long to come upon."""

from tests.model import (
    stories_changes,
    stories_claims,
    stories_consent,
    stories_dispatch,
    stories_jobs,
    stories_opt_out_jobs,
    stories_pace,
    stories_polls,
    stories_precision,
    stories_recording,
    stories_reports,
    stories_requests,
)
from tests.model.storyteller import STORIES, tell

__all__ = [
    "STORIES",
    "stories_changes",
    "stories_claims",
    "stories_consent",
    "stories_dispatch",
    "stories_jobs",
    "stories_opt_out_jobs",
    "stories_pace",
    "stories_polls",
    "stories_precision",
    "stories_recording",
    "stories_reports",
    "stories_requests",
    "tell",
]
