"""Which failures of a step are tried again, of an asset's as of a check's."""

from dagster import AssetCheckExecutionContext, AssetExecutionContext, RetryRequested

from wattif_dagster.errors import TransientError

MAX_RETRIES = 2
RETRY_DELAY_SECONDS = 5


def retry_if_it_may_pass(
    context: AssetExecutionContext | AssetCheckExecutionContext, error: BaseException
) -> None:
    """Raises RetryRequested for a failure that may pass, until the step was tried often enough.

    A RetryPolicy would try the others again too, and start a cancelled step anew.
    """
    if isinstance(error, TransientError) and context.retry_number < MAX_RETRIES:
        raise RetryRequested(MAX_RETRIES, RETRY_DELAY_SECONDS) from error
