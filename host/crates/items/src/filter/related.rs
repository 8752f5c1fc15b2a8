//! Conditions on the items that point to an item.

use sea_query::{Expr, ExprTrait, JoinType, Query};

use super::{
    Composer, Filter, Quantifier, View,
    sql::{all, never},
};
use crate::{permissions::Action, schema::Collection};

impl Composer<'_> {
    /// Whether some or none of the items that point here meet a filter.
    pub(super) fn related(
        &self,
        collection: &Collection,
        table: &str,
        whole: &Filter,
        view: View,
    ) -> Expr {
        let Filter::Many { field, quantifier, filter } = whole else { return never() };
        let Some(field) = collection.field(field) else { return never() };
        let Some((related, column)) = self.many_side(field) else { return never() };
        if *quantifier == Quantifier::Joined {
            return self.joined(collection, Some(table), whole, view);
        }
        let named = matches!(quantifier, Quantifier::Some | Quantifier::None);
        let looks = match view {
            View::Caller => Some(Action::Read),
            View::Rules(action) => {
                Some(action).filter(|action| named && self.rights.allows(&related.name, *action))
            }
        };
        let alias = self.alias();
        let pointer = Self::column(&alias, column);
        let visible = match looks {
            Some(action) => {
                let Some(_level) = self.deeper() else { return never() };
                self.visible(related, &alias, action, None)
            }
            None => None,
        };
        let anchor = self.anchor(collection, table, &field.name, view);
        let condition = self.condition(filter, related, &alias, view);
        let mut select = Query::select();
        select
            .expr(pointer.clone())
            .from_as(related.name.clone(), alias.clone())
            .and_where(pointer.is_not_null())
            .and_where(condition)
            .and_where_option(visible);
        if matches!(quantifier, Quantifier::Some | Quantifier::Any) {
            return anchor.in_subquery(select);
        }
        // `NULL NOT IN` of nothing is true, of something it isn't: without the first condition a list
        // out of sight would tell whether any item at all points somewhere.
        anchor.clone().is_not_null().and(anchor.not_in_subquery(select))
    }

    /// Whether a filter is met by one of the items joined to an item; or, where there is none or no
    /// item at all, by fields that are all null.
    pub(super) fn joined(
        &self,
        collection: &Collection,
        table: Option<&str>,
        whole: &Filter,
        view: View,
    ) -> Expr {
        let Filter::Many { field, filter, .. } = whole else { return never() };
        let Some(field) = collection.field(field) else { return never() };
        let Some((related, column)) = self.many_side(field) else { return never() };
        let alias = self.alias();
        let on = match table {
            None => never(),
            Some(table) => {
                let pointer = Self::column(&alias, column);
                let here = pointer.eq(Self::column(table, &collection.primary_key));
                let visible = match view {
                    View::Rules(_) => None,
                    View::Caller => {
                        let Some(_level) = self.deeper() else { return never() };
                        self.visible(related, &alias, Action::Read, None)
                    }
                };
                all(std::iter::once(here).chain(visible))
            }
        };
        let mut one = Query::select();
        one.expr_as(Expr::val(1), "one");
        let mut select = Query::select();
        select
            .expr(Expr::val(1))
            .from_subquery(one, self.alias())
            .join_as(JoinType::LeftJoin, related.name.clone(), alias.clone(), on)
            .and_where(self.condition(filter, related, &alias, view));
        let met = Expr::exists(select);
        match table {
            Some(table) => self.anchor(collection, table, &field.name, view).is_not_null().and(met),
            None => met,
        }
    }
}
