"""Numbers that stand on paper in place of anything about anybody."""

import base64
import hashlib


def sheet_reference(name: str) -> str:
    """Return a sheet's number: by it the office finds the request in the access log, nobody else.

    name: the request's id, of which it is a digest.
    """
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
    # Letters and figures that are taken for each other in handwriting are left out.
    plain = digest.translate(str.maketrans("OIL", "XYZ"))
    return f"HW-{plain[:5]}-{plain[5:10]}"
