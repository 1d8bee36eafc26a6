"""Cloud Storage: batches go through the transfer manager, and every result is inspected."""

import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from urllib.parse import quote

from dagster import ResourceDependency
from dagster_gcp import GCSResource
from google.api_core import exceptions as gexc
from google.api_core.retry import Retry
from google.cloud import storage
from google.cloud.storage import transfer_manager
from google.cloud.storage.retry import DEFAULT_RETRY
from pydantic import Field
from requests.adapters import HTTPAdapter

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.store import (
    GenerationMismatchError,
    SpooledFile,
    StoredObject,
    decode_crc32c,
    encode_crc32c,
)
from wattif_dagster.resources.gcs_errors import (
    UploadError,
    describe_missing_bucket,
    explain_errors,
    is_transient,
)
from wattif_dagster.resources.google_cloud import GoogleCloud

REQUEST_TIMEOUT_SECONDS = 60
"""Limit for connecting, and for the pause between two bytes."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""Pauses before a request is sent again. They double from the first to the longest."""


class GcsTransferManager(GCSResource):
    """One bucket. Implements `ingest.store.ObjectStore`."""

    cloud: ResourceDependency[GoogleCloud]
    bucket: str
    location: str = Field(default="US", description="Where the bucket is made.")
    upload_workers: int = Field(default=8, description="Threads that upload a batch.")
    connections: int = Field(default=32, description="Connections kept open.")
    deadline_seconds: float = Field(default=900, description="Time limit of a batch.")
    retry_seconds: float = Field(
        default=3 * REQUEST_TIMEOUT_SECONDS,  # so that one that stalls is sent again
        description="Time limit of a small request, with its retries.",
    )

    def get_client(self) -> storage.Client:
        """Return the client, as `dagster_gcp.GCSResource` does."""
        return self.client

    @cached_property
    def client(self) -> storage.Client:
        """The stock client, with as many pooled connections as there are uploading threads."""
        endpoint = self.cloud.endpoints.gcs
        client = storage.Client(
            project=self.cloud.project,
            credentials=self.cloud.credentials(),
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=self.connections)
        client._http.mount("https://", adapter)
        client._http.mount("http://", adapter)
        return client

    @property
    def uri(self) -> str:
        """gs://BUCKET"""
        return f"gs://{self.bucket}"

    def link(self, name: str) -> str:
        """The URL at which a browser shows the object."""
        endpoint = self.cloud.endpoints.gcs
        if endpoint:
            path = f"{self.bucket}/o/{quote(name, safe='')}"
            return f"{endpoint}/download/storage/v1/b/{path}?alt=media"
        return f"https://storage.cloud.google.com/{self.bucket}/{quote(name)}"

    def ensure_bucket(self) -> None:
        """Create the bucket where it does not exist."""
        with self._explained():
            try:
                self.client.create_bucket(
                    self.bucket,
                    location=self.location,
                    timeout=REQUEST_TIMEOUT_SECONDS,
                    retry=self._retry,
                )
            except gexc.Conflict:
                return

    def require_bucket(self) -> None:
        """Raises UserError when the bucket does not exist or cannot be reached."""
        with self._explained():
            bucket = self.client.bucket(self.bucket)
            if not bucket.exists(timeout=REQUEST_TIMEOUT_SECONDS, retry=self._retry):
                raise UserError(describe_missing_bucket(self.bucket))

    def upload(self, files: Sequence[SpooledFile], stop: threading.Event) -> None:
        """Upload a batch; return when every size and crc32c is confirmed.

        Transient failures and damaged objects are sent again until the deadline or until `stop` is
        set. Raises TransientError when only these remain, UploadError for a failure that would
        happen again, and UserError for one that only the user can fix.
        """
        deadline = time.monotonic() + self.deadline_seconds
        pending, pause = list(files), FIRST_PAUSE_SECONDS
        while failed := self._upload_once(pending):
            pending = [item for item, _ in failed]
            permanent = [error for _, error in failed if not is_transient(error)]
            late = time.monotonic() + pause > deadline
            if permanent or late or stop.wait(pause * random.uniform(0.5, 1)):
                error = permanent[0] if permanent else failed[0][1]
                missing = f"{len(failed)} of {len(files)} objects did not arrive in {self.uri}: "
                with self._explained(missing):
                    raise UploadError(f"{missing}{error}") from error
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _upload_once(self, files: list[SpooledFile]) -> list[tuple[SpooledFile, BaseException]]:
        """Upload the files once; returns those that were not confirmed, each with the reason."""
        bucket = self.client.bucket(self.bucket)
        blobs = [bucket.blob(item.name) for item in files]
        for blob, item in zip(blobs, files, strict=True):
            blob.crc32c = encode_crc32c(item.crc32c)  # the server refuses a body that differs
        results = transfer_manager.upload_many(
            [(str(item.path), blob) for item, blob in zip(files, blobs, strict=True)],
            worker_type=transfer_manager.THREAD,  # processes cannot start inside daemonic workers
            max_workers=min(self.upload_workers, len(files)),
            upload_kwargs={
                "checksum": None,  # it was computed while rendering, and is compared below
                "timeout": REQUEST_TIMEOUT_SECONDS,
                "retry": None,  # `upload` sends again what failed, and knows when to stop
                "content_type": "application/x-ndjson",
            },
        )
        failed: list[tuple[SpooledFile, BaseException]] = []
        for item, blob, result in zip(files, blobs, results, strict=True):
            if isinstance(result, BaseException):
                failed.append((item, result))
            elif blob.size != item.size or blob.crc32c != encode_crc32c(item.crc32c):
                failed.append((item, ConnectionError(f"{item.name} arrived damaged")))
        return failed

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """List the objects whose names begin with the prefix."""
        with self._explained():
            for blob in self.client.list_blobs(
                self.bucket,
                prefix=prefix,
                fields="items(name,size,crc32c,generation),nextPageToken",
                timeout=REQUEST_TIMEOUT_SECONDS,
                retry=self._retry,
            ):
                yield StoredObject(
                    blob.name, blob.size, decode_crc32c(blob.crc32c), blob.generation
                )

    def delete(self, names: Iterable[str]) -> None:
        """Delete the objects. An object that does not exist counts as deleted."""
        bucket = self.client.bucket(self.bucket)

        def delete_one(name: str) -> None:
            try:
                bucket.blob(name).delete(timeout=REQUEST_TIMEOUT_SECONDS, retry=self._retry)
            except gexc.NotFound:
                return

        with self._explained(), ThreadPoolExecutor(self.upload_workers) as pool:
            for _ in pool.map(delete_one, names):
                pass

    def read(self, name: str) -> tuple[bytes, int] | None:
        """Read the content and generation of a small object; None when it does not exist."""
        with self._explained():
            blob = self.client.bucket(self.bucket).blob(name)
            try:
                data = blob.download_as_bytes(
                    raw_download=True, timeout=REQUEST_TIMEOUT_SECONDS, retry=self._retry
                )
            except gexc.NotFound:
                return None
            # The response has the generation of exactly these bytes. The stub's type omits None.
            return data, int(blob.generation)  # type: ignore[arg-type]

    def write(
        self,
        name: str,
        data: bytes,
        *,
        if_generation: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Write a small object. Raises GenerationMismatchError when another writer was faster."""
        with self._explained():
            try:
                self.client.bucket(self.bucket).blob(name).upload_from_string(
                    data,
                    content_type=content_type,
                    if_generation_match=if_generation,
                    checksum="crc32c",
                    retry=self._retry,
                    timeout=REQUEST_TIMEOUT_SECONDS,
                )
            except gexc.PreconditionFailed:
                raise GenerationMismatchError(
                    f"Another writer changed {self.uri}/{name} in the meantime."
                ) from None

    @property
    def _retry(self) -> Retry:
        return DEFAULT_RETRY.with_timeout(self.retry_seconds).with_delay(
            FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
        )

    def _explained(self, missing: str = "") -> AbstractContextManager[None]:
        return explain_errors(self.cloud, self.bucket, missing)
