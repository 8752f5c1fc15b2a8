//! Which policies a caller has.

use std::net::IpAddr;

use ipnet::IpNet;
use palisade_data::{Accountability, DataError};
use palisade_lookup::{Lookups, types::Value as Cell};

use crate::rows::{flag, list, text};

/// Columns of [`STATEMENT`].
const COLUMNS: usize = 8;

/// Works out what a user, or a caller without one, may act as.
///
/// A caller with roles has the policies of the role and its parents and those tied to the user. A
/// caller without a role has the public ones and those tied to the user. A policy with `ip_access`
/// counts only for addresses in its networks; an unknown address is in none. A public policy makes
/// nobody an administrator or a user of the app.
///
/// Errors: [`DataError::InvalidCredentials`] for a user that doesn't exist. The user's status is the
/// authenticator's to check. Roles beyond 32 levels are ignored.
pub async fn resolve_accountability(
    lookups: &Lookups,
    user: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<Accountability, DataError> {
    let rows: Vec<Vec<Cell>> = lookups
        .ask(|connection| {
            connection
                .prepare_cached(STATEMENT)?
                .query_map([user], |row| (0..COLUMNS).map(|column| row.get(column)).collect())?
                .collect()
        })
        .await
        .map_err(DataError::internal)?;
    let Some(first) = rows.first() else {
        return Err(DataError::InvalidCredentials);
    };
    if user.is_some() && !flag(first.as_slice(), 0)? {
        return Err(DataError::InvalidCredentials);
    }
    let roles = role_tree(first)?;
    let mut accountability = Accountability {
        user: user.map(String::from),
        role: roles.first().cloned(),
        roles,
        ip,
        ..Accountability::default()
    };
    for policy in policies(&rows, &accountability)? {
        if !policy.counts_for(ip) {
            continue;
        }
        if !policy.public {
            accountability.admin |= policy.admin;
            accountability.app |= policy.app || policy.admin;
        }
        if !accountability.policies.contains(&policy.id) {
            accountability.policies.push(policy.id);
        }
    }
    Ok(accountability)
}

/// Everything at once, because each request waits for it: one row per policy that may count, or one
/// without a policy. Columns: whether the user exists, the role tree as a JSON array, then the
/// policy's own.
const STATEMENT: &str = "\
    with recursive tree (id, depth) as ( \
        select role, 0 from directus_users where id = ?1 and role is not null \
        union all \
        select r.parent, depth + 1 from tree join directus_roles r on r.id = tree.id \
        where r.parent is not null and depth < 31 \
    ) \
    select exists (select 1 from directus_users where id = ?1), \
        (select json_group_array(id) from (select cast(id as text) as id from tree order by depth)), \
        a.role, a.\"user\", p.id, p.admin_access, p.app_access, p.ip_access \
    from (select 1) left join ( \
        directus_access a join directus_policies p on p.id = a.policy \
    ) on a.role in (select id from tree) or a.\"user\" = ?1 \
        or (a.role is null and a.\"user\" is null) \
    order by a.sort is null, a.sort, a.id";

/// The role and its parents, own role first. A circle of roles ends where it closes.
fn role_tree(row: &[Cell]) -> Result<Vec<String>, DataError> {
    let listed: Vec<String> = match text(row, 1)? {
        Some(json) => serde_json::from_str(&json).map_err(DataError::internal)?,
        None => Vec::new(),
    };
    let mut roles: Vec<String> = Vec::with_capacity(listed.len());
    for role in listed {
        if roles.contains(&role) {
            break;
        }
        roles.push(role);
    }
    Ok(roles)
}

struct Policy {
    id: String,
    /// Whether it counts because nothing is tied to a role: then its rows count, its flags don't.
    public: bool,
    admin: bool,
    app: bool,
    networks: Vec<String>,
}

impl Policy {
    fn counts_for(&self, ip: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || ip.is_some_and(|ip| self.networks.iter().any(|network| contains(network, ip)))
    }
}

/// Policies in the order in which presets are merged: the furthest parent's first, then down to the
/// own role's, the user's own last.
fn policies(rows: &[Vec<Cell>], accountability: &Accountability) -> Result<Vec<Policy>, DataError> {
    let mut found = Vec::with_capacity(rows.len());
    for row in rows.iter().map(Vec::as_slice) {
        let Some(id) = text(row, 4)? else { continue };
        let (role, user) = (text(row, 2)?, text(row, 3)?);
        let rank = match (&role, &user) {
            (None, None) if accountability.roles.is_empty() => 0,
            (_, Some(user)) if accountability.user.as_ref() == Some(user) => usize::MAX,
            (Some(role), _) => match accountability.roles.iter().position(|own| own == role) {
                Some(position) => accountability.roles.len() - position,
                None => continue,
            },
            _ => continue,
        };
        let policy = Policy {
            id,
            public: rank == 0,
            admin: flag(row, 5)?,
            app: flag(row, 6)?,
            networks: list(row, 7)?,
        };
        found.push((rank, policy));
    }
    found.sort_by_key(|(rank, _)| *rank);
    Ok(found.into_iter().map(|(_, policy)| policy).collect())
}

/// Whether an address is in a network: an address, a CIDR range, or a range with a dash. What can't
/// be read contains nothing.
fn contains(network: &str, ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    if let Ok(range) = network.parse::<IpNet>() {
        return range.contains(&ip);
    }
    if let Some((first, last)) = network.split_once('-')
        && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse())
    {
        let range: std::ops::RangeInclusive<IpAddr> = first..=last;
        return range.contains(&ip);
    }
    network.parse::<IpAddr>().is_ok_and(|address| address.to_canonical() == ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_they_say() {
        for (network, ip, expected) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("192.168.0.7", "192.168.0.7", true),
            ("192.168.0.7", "192.168.0.8", false),
            ("192.168.0.1-192.168.0.9", "192.168.0.5", true),
            ("192.168.0.1-192.168.0.9", "192.168.0.10", false),
            ("2001:db8::/32", "2001:db8::1", true),
            ("nonsense", "10.0.0.1", false),
            ("0.0.0.0/0", "::1", false),
        ] {
            assert_eq!(
                contains(network, ip.parse().expect("an address")),
                expected,
                "{network} {ip}"
            );
        }
    }
}
