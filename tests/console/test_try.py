import pytest
def test_x(office, officer):
    from tests.console.support import heading, hidden
    for path in ("/console/","/console/about","/console/account","/console/nowhere","/console/calendar"):
        a=officer.get(path); print(path,a.status_code,heading(a.text),len(a.text))
    print(dict(a.headers))
    with office.visitor("bn") as v:
        a=v.get("/console/"); print(a.url,a.status_code,heading(a.text))
