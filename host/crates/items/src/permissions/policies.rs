//! Which policies a caller has.

use std::net::IpAddr;

use ipnet::IpNet;
use palisade_data::{Accountability, DataError};
use sqlx::{SqliteConnection, SqlitePool};

use crate::rows::{flag, list, text};

/// Roles in a row that a tree may have; more are ignored, which also ends a circle.
const DEEPEST_ROLE: usize = 32;

/// Works out what a user, or a caller without one, may act as.
///
/// A caller with roles has the policies of the role and its parents and those tied to the user. A
/// caller without a role has the public ones and those tied to the user. A policy with `ip_access`
/// counts only for addresses in its networks; an unknown address is in none.
///
/// Errors: [`DataError::InvalidCredentials`] for a user that doesn't exist. The user's status is the
/// authenticator's to check.
pub async fn resolve_accountability(
    pool: &SqlitePool,
    user: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<Accountability, DataError> {
    let mut connection = pool.acquire().await.map_err(DataError::internal)?;
    let role = match user {
        Some(user) => role_of(&mut connection, user).await?,
        None => None,
    };
    let roles = role_tree(&mut connection, role.clone()).await?;
    let mut accountability = Accountability {
        user: user.map(String::from),
        role,
        roles,
        ip,
        ..Accountability::default()
    };
    for policy in policies(&mut connection, &accountability).await? {
        if !policy.counts_for(ip) || accountability.policies.contains(&policy.id) {
            continue;
        }
        accountability.admin |= policy.admin;
        accountability.app |= policy.app || policy.admin;
        accountability.policies.push(policy.id);
    }
    Ok(accountability)
}

async fn role_of(
    connection: &mut SqliteConnection,
    user: &str,
) -> Result<Option<String>, DataError> {
    let row = sqlx::query("select role from directus_users where id = ?")
        .bind(user)
        .fetch_optional(connection)
        .await
        .map_err(DataError::internal)?
        .ok_or(DataError::InvalidCredentials)?;
    text(&row, 0)
}

/// The role and its parents, own role first.
async fn role_tree(
    connection: &mut SqliteConnection,
    role: Option<String>,
) -> Result<Vec<String>, DataError> {
    let mut roles = Vec::new();
    let mut next = role;
    while let Some(role) = next {
        if roles.contains(&role) || roles.len() == DEEPEST_ROLE {
            break;
        }
        let parent = sqlx::query("select parent from directus_roles where id = ?")
            .bind(&role)
            .fetch_optional(&mut *connection)
            .await
            .map_err(DataError::internal)?;
        roles.push(role);
        next = match parent {
            Some(row) => text(&row, 0)?,
            None => None,
        };
    }
    Ok(roles)
}

struct Policy {
    id: String,
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
async fn policies(
    connection: &mut SqliteConnection,
    accountability: &Accountability,
) -> Result<Vec<Policy>, DataError> {
    let rows = sqlx::query(
        "select a.role, a.\"user\", p.id, p.admin_access, p.app_access, p.ip_access \
         from directus_access a join directus_policies p on p.id = a.policy \
         order by a.sort is null, a.sort, a.id",
    )
    .fetch_all(connection)
    .await
    .map_err(DataError::internal)?;
    let mut found = Vec::new();
    for row in rows {
        let (role, user) = (text(&row, 0)?, text(&row, 1)?);
        let rank = match (&role, &user) {
            (None, None) if accountability.roles.is_empty() => 0,
            (_, Some(user)) if accountability.user.as_ref() == Some(user) => usize::MAX,
            (Some(role), _) => match accountability.roles.iter().position(|own| own == role) {
                Some(position) => accountability.roles.len() - position,
                None => continue,
            },
            _ => continue,
        };
        found.push((
            rank,
            Policy {
                id: text(&row, 2)?.unwrap_or_default(),
                admin: flag(&row, 3)?,
                app: flag(&row, 4)?,
                networks: list(&row, 5)?,
            },
        ));
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
