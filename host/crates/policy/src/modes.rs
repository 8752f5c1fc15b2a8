//! Modes and ceilings: when a call runs at once, when it asks first, and when it is off.

use std::collections::BTreeMap;

use palisade_conversation::ToolMode;
use serde::{Deserialize, Serialize};

use crate::Effect;

/// Which calls ask by default in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApprovalMode {
    /// Every tool call, reads too.
    #[default]
    All,
    /// Calls that change something; read-only calls run at once.
    Writes,
}

/// The administrator's ceiling for one tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCeiling {
    /// For roles without a ceiling of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<ToolMode>,
    /// By role id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, ToolMode>,
}

impl ToolCeiling {
    /// The ceiling for a caller with these roles: the strictest that one of the roles has, else the
    /// tool's default, else none was set.
    pub fn for_roles(&self, roles: &[String]) -> Option<ToolMode> {
        // `ToolMode` is ordered from lax to strict.
        roles.iter().filter_map(|role| self.roles.get(role)).max().copied().or(self.default)
    }
}

/// What has to happen before a call runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: it runs at once.
    Run,
    /// The caller's approval, for a reason that the caller is shown.
    Ask(AskReason),
    /// It doesn't run.
    Disabled,
}

/// Why a call asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskReason {
    /// The administrator's ceiling for the tool and role is `ask`.
    Ceiling,
    /// The user set the tool to `ask`.
    User,
    /// The workspace asks before every call.
    Workspace,
    /// The call adds data.
    Adds,
    /// The call overwrites or removes data.
    Destroys,
    /// The call reaches beyond the project.
    OpenWorld,
    /// The conversation holds text from outside, which may have told the model to make the call.
    Untrusted,
}

impl AskReason {
    /// One sentence for the user.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Ceiling => "Your administrator has this tool ask before each call.",
            Self::User => "You set this tool to ask before each call.",
            Self::Workspace => "This workspace asks before every tool call.",
            Self::Adds => "This call adds data.",
            Self::Destroys => "This call changes or removes data.",
            Self::OpenWorld => "This call reaches beyond this project.",
            Self::Untrusted => {
                "This conversation holds text from outside, which may have asked for this call."
            }
        }
    }
}

/// Decides on a call from its effect and the three settings that bear on it.
///
/// Deny is the default: a call that changes something runs at once only if the user said `always`
/// *and* the administrator's ceiling for tool and role is `always`. Without a ceiling it asks.
pub fn requirement(
    effect: Effect,
    workspace: ApprovalMode,
    user: Option<ToolMode>,
    ceiling: Option<ToolMode>,
) -> Requirement {
    match (user, ceiling) {
        (Some(ToolMode::Disabled), _) | (_, Some(ToolMode::Disabled)) => Requirement::Disabled,
        (_, Some(ToolMode::Ask)) => Requirement::Ask(AskReason::Ceiling),
        (Some(ToolMode::Ask), _) => Requirement::Ask(AskReason::User),
        (Some(ToolMode::Always), Some(ToolMode::Always)) => Requirement::Run,
        _ if effect.read_only && workspace == ApprovalMode::Writes => Requirement::Run,
        _ if effect.open_world => Requirement::Ask(AskReason::OpenWorld),
        _ if effect.destructive => Requirement::Ask(AskReason::Destroys),
        _ if !effect.read_only => Requirement::Ask(AskReason::Adds),
        _ => Requirement::Ask(AskReason::Workspace),
    }
}

/// The same in a conversation that holds text which outsiders could write: what changes something or
/// reaches beyond the project asks, whatever it may do otherwise. The trust that the user put into a
/// tool isn't for the outsider to spend.
pub(crate) fn guarded(requirement: Requirement, effect: Effect) -> Requirement {
    match requirement {
        Requirement::Run if !effect.read_only || effect.open_world => {
            Requirement::Ask(AskReason::Untrusted)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn modes() -> impl Strategy<Value = Option<ToolMode>> {
        prop_oneof![
            Just(None),
            Just(Some(ToolMode::Disabled)),
            Just(Some(ToolMode::Ask)),
            Just(Some(ToolMode::Always))
        ]
    }

    fn effects() -> impl Strategy<Value = Effect> {
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(read_only, destructive, open_world)| Effect {
                read_only,
                destructive: destructive && !read_only,
                open_world,
            },
        )
    }

    proptest! {
        #[test]
        fn a_write_runs_at_once_only_under_two_always(
            effect in effects(), user in modes(), ceiling in modes(), writes in any::<bool>()
        ) {
            let workspace = if writes { ApprovalMode::Writes } else { ApprovalMode::All };
            let runs = requirement(effect, workspace, user, ceiling) == Requirement::Run;
            let both = user == Some(ToolMode::Always) && ceiling == Some(ToolMode::Always);
            if !effect.read_only || !writes {
                prop_assert_eq!(runs, both);
            } else {
                let strict = |mode| matches!(mode, Some(ToolMode::Ask | ToolMode::Disabled));
                prop_assert_eq!(runs, !strict(user) && !strict(ceiling));
            }
        }
    }

    proptest! {
        #[test]
        fn beside_text_from_outside_only_reads_within_the_project_run_at_once(
            effect in effects(), user in modes(), ceiling in modes(), writes in any::<bool>()
        ) {
            let workspace = if writes { ApprovalMode::Writes } else { ApprovalMode::All };
            let plain = requirement(effect, workspace, user, ceiling);
            let guarded = guarded(plain, effect);
            match plain {
                Requirement::Run if effect.read_only && !effect.open_world => {
                    prop_assert_eq!(guarded, Requirement::Run);
                }
                Requirement::Run => {
                    prop_assert_eq!(guarded, Requirement::Ask(AskReason::Untrusted));
                }
                other => prop_assert_eq!(guarded, other),
            }
        }
    }

    #[test]
    fn reads_ask_by_default_and_run_in_a_workspace_that_lets_them() {
        let all = requirement(Effect::READ, ApprovalMode::All, None, None);
        assert_eq!(all, Requirement::Ask(AskReason::Workspace));
        let writes = requirement(Effect::READ, ApprovalMode::Writes, None, None);
        assert_eq!(writes, Requirement::Run);
        let user = requirement(Effect::READ, ApprovalMode::Writes, Some(ToolMode::Ask), None);
        assert_eq!(user, Requirement::Ask(AskReason::User));
    }

    #[test]
    fn a_role_ceiling_replaces_the_tools_and_the_strictest_role_counts() {
        let ceiling = ToolCeiling {
            default: Some(ToolMode::Always),
            roles: [("a".to_owned(), ToolMode::Ask), ("b".to_owned(), ToolMode::Disabled)].into(),
        };
        let roles =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(ceiling.for_roles(&roles(&["c"])), Some(ToolMode::Always));
        assert_eq!(ceiling.for_roles(&roles(&["a"])), Some(ToolMode::Ask));
        assert_eq!(ceiling.for_roles(&roles(&["a", "b"])), Some(ToolMode::Disabled));
        assert_eq!(ToolCeiling::default().for_roles(&roles(&["a"])), None);
    }
}
