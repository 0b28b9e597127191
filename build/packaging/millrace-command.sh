#!/bin/sh
# Millrace's command line, from the server folder of the desktop package.
exec /opt/Millrace/resources/server/millrace "$@"
