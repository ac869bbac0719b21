"""What every answer passes: security headers, and a bound on the length of addresses. Plain ASGI, to stay thin."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendmap.exports.files import MEDIA
from mendmap.exports.layers.formats import FORMATS
from mendmap.rasters.encoded import MEDIA as IMAGES
from mendmap.tiles import mvt
from mendmap.web import readers
from mendmap.web.codings import takes_gzip
from mendmap.web.problems import problem

# No inline script or style anywhere; Leaflet sets styles through the DOM, which the policy allows.
_IMAGES = "img-src 'self' data:"
_ANCESTORS = "frame-ancestors 'self'"
POLICY = "; ".join(
    (
        "default-src 'self'",
        _IMAGES,
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        _ANCESTORS,
    )
)
# The one page that may stand in frames of others' pages: it has no form, and no click in it does anything.
_EMBEDDED = "/embed/"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    # In the place of that of whatever server carries us.
    "Server": "mendmap",
}
_CODING = b"accept-encoding"
# Data is public: pages of other sites may read it, and the headers that name it. Of pages only those that tell of a
# feature, because the panel of a map in a notebook shows their article; of scripts only the modules that its vector
# tiles import, which browsers fetch as data.
_DATA = (
    "application/json",
    "application/ld+json",
    "application/schema+json",
    "application/vnd.oai.openapi+json",
    "application/problem+json",
    "image/svg+xml",
    mvt.MEDIA_TYPE,
    "image/tiff",
    "application/vnd.mapbox.tile+json",
    "application/prs.coverage+json",
    "application/x-qgis-project",
    *MEDIA.values(),
    *(each.media for each in FORMATS.values()),
)
_ARTICLES = ("/sites/", "/stations/", "/watercourses/", "/features/")
_MODULES = (
    "/static/archive.js",
    "/static/vector-tiles.js",
    "/static/vendor/pbf/",
    "/static/vendor/vector-tile/",
    "/static/vendor/point-geometry/",
)
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Crs, Content-Range, ETag, Repr-Digest, Mendmap-Snapshot, Mendmap-Revision, Mendmap-Omitted, "
        "Mendmap-Widened, Mendmap-Tolerance, Mendmap-Without-Position"
    ),
}


class Guards:
    """The outermost layer of the app. ``images`` is another origin that pages may show images of, if any."""

    def __init__(self, app: ASGIApp, max_url_length: int, images: str = "") -> None:
        self.app, self.max_url_length = app, max_url_length
        policy = POLICY.replace(_IMAGES, f"{_IMAGES} {images}".rstrip())
        self.headers = HEADERS | {"Content-Security-Policy": policy}
        self.framed = HEADERS | {"Content-Security-Policy": policy.replace(_ANCESTORS, "frame-ancestors *")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        _simplify(scope)
        keyed = any(name in Headers(scope=scope) for name in readers.HEADERS)
        wanted = self.framed if scope["path"].startswith(_EMBEDDED) and not keyed else self.headers

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in ("accept-encoding", *readers.HEADERS):
                    if name not in headers.get("vary", "").lower():
                        headers.add_vary_header(name.title())
                if keyed:
                    # Whatever a key opens is for its holder alone, and for no cache.
                    headers["Cache-Control"] = "private, no-store"
                for name, value in wanted.items():
                    headers.setdefault(name, value)
                if headers.get("content-encoding") == "identity":
                    del headers["content-encoding"]
                if _open(scope["path"], headers.get("content-type", "")) and not keyed:
                    headers.update(_OPEN)
            await send(message)

        if len(scope.get("raw_path", b"")) + len(scope.get("query_string", b"")) > self.max_url_length:
            detail = f"the address is longer than {self.max_url_length} characters"
            await problem(414, detail, Request(scope))(scope, receive, guarded)
            return
        await self.app(scope, receive, guarded)


def _simplify(scope: Scope) -> None:
    """Leaves of Accept-Encoding whether it allows gzip, which is all that the app asks; and answers to be compressed,
    or deleted once they are sent, are no file that the server may send by itself."""
    coding = b",".join(value for name, value in scope["headers"] if name == _CODING)
    others = [header for header in scope["headers"] if header[0] != _CODING]
    scope["headers"] = [*others, (_CODING, b"gzip")] if takes_gzip(coding) else others
    scope["extensions"] = {}


def _open(path: str, media: str) -> bool:
    """Whether pages of other sites may read an answer."""
    if media.startswith("text/html"):
        return path.startswith(_ARTICLES)
    if media in IMAGES.values():
        return path.startswith("/rasters/")
    return media.startswith(_DATA) or path.startswith(_MODULES)
