"""Writes notification reports to the log. The real service sends mail."""

import logging

from google.cloud.dataplex_v1.types import DataScan, DataScanJob

_log = logging.getLogger(__name__)


def notify(scan: DataScan, job: DataScanJob) -> None:
    """Log the report of an ended job, if a trigger of the scan requests it."""
    actions = scan.data_quality_spec.post_scan_actions
    if "notification_report" not in actions:
        return
    report = actions.notification_report
    score = job.data_quality_result.score if "data_quality_result" in job else None
    reasons = []
    if "job_end_trigger" in report:
        reasons.append("the job ended")
    if "job_failure_trigger" in report and job.state == DataScanJob.State.FAILED:
        reasons.append("the job failed")
    if "score_threshold_trigger" in report and score is not None:
        threshold = report.score_threshold_trigger.score_threshold
        if score < threshold:
            reasons.append(f"score {score:g} is below {threshold:g}")
    if reasons:
        recipients = ", ".join(report.recipients.emails)
        _log.info("report on %s for %s: %s", job.name, recipients, "; ".join(reasons))
