# shellcheck shell=sh disable=SC2154,SC3043
# SPDX-License-Identifier: GPL-3.0-or-later
# From the postinst of Debian 12's grub-pc 2.06-13+deb12u2, unchanged: how an upgrade rewrites /etc/default/grub.
# Its caller asks debconf, which the package's config script has filled from the file as it is.
merge_debconf_into_conf()
{
  local tmpfile; tmpfile="$1"
  local setting; setting="$2"
  local template; template="$3"

  db_get "$template"
  local value; value="$(echo "$RET" | sed -e 's,[$`"\],\\&,g')"
  if grep -q "^${setting}=" "$tmpfile"; then
    value="$(echo "$value" | sed -e 's,[\@],\\&,g')"
    sed -i -re "s@^(${setting}=).*@\1\"${value}\"@" "$tmpfile"
  else
    echo >> "$tmpfile"
    echo "${setting}=\"${value}\"" >> "$tmpfile"
  fi
}
