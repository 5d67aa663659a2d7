"""Messages to receivers outside: signed, and never to where only this network reaches."""
