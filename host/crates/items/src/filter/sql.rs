//! Composes filters, item rules and field cases into SQL. Values are bound; identifiers come from
//! the schema alone.

use std::{cell::Cell, collections::BTreeSet};

use sea_query::{
    CaseStatement, Expr, ExprTrait, Func, JoinType, LikeExpr, Query, SelectStatement,
    SubQueryStatement,
};

use super::{FieldReference, Filter, Function, Quantifier, Test};
use crate::{
    limits::MAXIMUM_DEPTH,
    permissions::{Action, Rights, Rule},
    schema::{Collection, Field, Relation, SchemaSnapshot},
};

/// Through whose eyes values are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The caller's: a value that isn't granted on an item is null there.
    Caller,
    /// That of the rules of an action: everything as it is, except that what `_some` and `_none` look
    /// at are the items that the rules of the same action open, where there are any.
    Rules(Action),
}

/// A many-to-one field on the way to a value, and the collection behind it.
pub(crate) type Hop = (String, String);

/// Composer for one statement; gives each table in it an alias of its own.
pub(crate) struct Composer<'a> {
    pub(crate) schema: &'a SchemaSnapshot,
    pub(crate) rights: &'a Rights,
    tables: Cell<u32>,
    /// Rules within rules at the moment: those of related collections may lead back to the first.
    depth: Cell<usize>,
}

/// One level of rules within rules, until it is dropped.
struct Level<'c>(&'c Cell<usize>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// True if any of the expressions is; false for none.
pub(crate) fn any(expressions: impl IntoIterator<Item = Expr>) -> Expr {
    expressions.into_iter().reduce(ExprTrait::or).unwrap_or_else(never)
}

fn all(expressions: impl IntoIterator<Item = Expr>) -> Expr {
    expressions.into_iter().reduce(ExprTrait::and).unwrap_or_else(always)
}

fn never() -> Expr {
    Expr::cust("FALSE")
}

fn always() -> Expr {
    Expr::cust("TRUE")
}

fn subquery(select: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(select)))
}

/// `CASE WHEN condition THEN value END`.
fn when(condition: Expr, value: Expr) -> Expr {
    CaseStatement::new().case(condition, value).into()
}

impl<'a> Composer<'a> {
    pub(crate) fn new(schema: &'a SchemaSnapshot, rights: &'a Rights) -> Self {
        Self { schema, rights, tables: Cell::new(0), depth: Cell::new(0) }
    }

    /// Goes one level deeper into rules; none where they go too deep, and then open nothing.
    fn deeper(&self) -> Option<Level<'_>> {
        if self.depth.get() == MAXIMUM_DEPTH {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        Some(Level(&self.depth))
    }

    /// A fresh table alias.
    pub(crate) fn alias(&self) -> String {
        let number = self.tables.get();
        self.tables.set(number + 1);
        format!("t{number}")
    }

    /// A column of a table alias.
    pub(crate) fn column(table: &str, field: &str) -> Expr {
        Expr::col((table.to_owned(), field.to_owned()))
    }

    /// Condition for the items that an action may touch. `requested` narrows the rules to those that
    /// grant one of these fields. None: every item.
    pub(crate) fn visible(
        &self,
        collection: &Collection,
        table: &str,
        action: Action,
        requested: Option<&BTreeSet<String>>,
    ) -> Option<Expr> {
        self.matching(self.relevant(collection, action, requested), collection, table, action)
    }

    /// Condition for the items on which a rule grants a field. None: every item.
    pub(crate) fn granted(
        &self,
        collection: &Collection,
        table: &str,
        field: &str,
        action: Action,
    ) -> Option<Expr> {
        let rules = self.rights.rules(&collection.name, action).iter();
        let granting: Vec<&Rule> = rules.filter(|rule| rule.fields.contains(field)).collect();
        self.matching(granting, collection, table, action)
    }

    fn relevant(
        &self,
        collection: &Collection,
        action: Action,
        requested: Option<&BTreeSet<String>>,
    ) -> Vec<&'a Rule> {
        let rules = self.rights.rules(&collection.name, action).iter();
        match requested {
            Some(fields) if !fields.is_empty() => rules
                .filter(|rule| fields.iter().any(|field| rule.fields.contains(field)))
                .collect(),
            _ => rules.collect(),
        }
    }

    fn matching(
        &self,
        rules: Vec<&Rule>,
        collection: &Collection,
        table: &str,
        action: Action,
    ) -> Option<Expr> {
        let view = View::Rules(action);
        let mut conditions = Vec::with_capacity(rules.len());
        for rule in rules {
            conditions.push(self.condition(rule.filter.as_ref()?, collection, table, view));
        }
        Some(any(conditions))
    }

    /// A field's value as a view has it: for the caller null on items where no rule grants it.
    pub(crate) fn value(
        &self,
        collection: &Collection,
        table: &str,
        reference: &FieldReference,
        view: View,
    ) -> Expr {
        let Some(field) = collection.field(&reference.field) else { return Expr::null() };
        let plain = self.computed(collection, table, field, reference, view);
        self.cased(collection, table, &reference.field, view, plain)
    }

    /// `plain`, or null on items where the view doesn't have the field.
    pub(crate) fn cased(
        &self,
        collection: &Collection,
        table: &str,
        field: &str,
        view: View,
        plain: Expr,
    ) -> Expr {
        if view != View::Caller {
            return plain;
        }
        match self.granted(collection, table, field, Action::Read) {
            Some(condition) => when(condition, plain),
            None => plain,
        }
    }

    /// The primary key, or null on items where the view doesn't have the one-to-many field.
    pub(crate) fn anchor(
        &self,
        collection: &Collection,
        table: &str,
        field: &str,
        view: View,
    ) -> Expr {
        let key = Self::column(table, &collection.primary_key);
        self.cased(collection, table, field, view, key)
    }

    fn computed(
        &self,
        collection: &Collection,
        table: &str,
        field: &Field,
        reference: &FieldReference,
        view: View,
    ) -> Expr {
        let column = || Self::column(table, &field.name);
        match reference.function {
            None if field.is_column() => column(),
            None => Expr::null(),
            Some(Function::Count) => match &field.relation {
                Some(Relation::OneToMany { .. }) => self.count(collection, table, field, view),
                _ if field.kind == crate::schema::FieldType::Csv => {
                    // Entries are one more than commas.
                    let length = |text: Expr| Expr::from(Func::char_length(text));
                    let bare = Func::cust("replace").arg(column()).arg(",").arg("");
                    let entries = length(column()).sub(length(bare.into())).add(1);
                    CaseStatement::new()
                        .case(column().eq(""), 0)
                        .case(column().is_not_null(), entries)
                        .into()
                }
                _ => {
                    let valid = Expr::from(Func::cust("json_valid").arg(column()));
                    when(valid, Func::cust("json_array_length").arg(column()).into())
                }
            },
            Some(function) => match function.format() {
                Some(format) => {
                    let part = Func::cust("strftime").arg(format).arg(column());
                    Func::cast_as(Expr::from(part), "integer").into()
                }
                None => Expr::null(),
            },
        }
    }

    /// How many related items the view sees.
    fn count(&self, collection: &Collection, table: &str, field: &Field, view: View) -> Expr {
        let Some((related, column)) = self.many_side(field) else { return Expr::null() };
        let alias = self.alias();
        let mut select = Query::select();
        select
            .expr(Func::count(Self::column(&alias, &related.primary_key)))
            .from_as(related.name.clone(), alias.clone())
            .and_where(
                Self::column(&alias, column).eq(Self::column(table, &collection.primary_key)),
            );
        if view == View::Caller {
            select.and_where_option(self.visible(related, &alias, Action::Read, None));
        }
        subquery(select)
    }

    fn many_side<'f>(&self, field: &'f Field) -> Option<(&'a Collection, &'f str)> {
        match &field.relation {
            Some(Relation::OneToMany { collection, field, .. }) => {
                Some((self.schema.collection(collection)?, field))
            }
            _ => None,
        }
    }

    /// A value at the end of many-to-one fields: null where one of them leads nowhere.
    pub(crate) fn through(
        &self,
        collection: &Collection,
        table: &str,
        hops: &[Hop],
        view: View,
        end: &dyn Fn(&Collection, &str) -> Expr,
    ) -> Expr {
        let Some(((field, related), rest)) = hops.split_first() else {
            return end(collection, table);
        };
        let Some(related) = self.schema.collection(related) else { return Expr::null() };
        let alias = self.alias();
        let pointer = self.value(collection, table, &FieldReference::plain(field), view);
        let mut select = Query::select();
        select
            .expr(self.through(related, &alias, rest, view, end))
            .from_as(related.name.clone(), alias.clone())
            .and_where(Self::column(&alias, &related.primary_key).eq(pointer));
        subquery(select)
    }

    /// The condition that a filter stands for.
    pub(crate) fn condition(
        &self,
        filter: &Filter,
        collection: &Collection,
        table: &str,
        view: View,
    ) -> Expr {
        self.condition_after(filter, collection, table, &[], view)
    }

    /// [`Self::condition`] on the item at the end of many-to-one fields. Each leaf follows them by
    /// itself, so that a missing item counts as one whose fields are all null.
    fn condition_after(
        &self,
        filter: &Filter,
        root: &Collection,
        table: &str,
        hops: &[Hop],
        view: View,
    ) -> Expr {
        let part = |filter: &Filter| self.condition_after(filter, root, table, hops, view);
        match filter {
            Filter::Never => never(),
            Filter::All(filters) => all(filters.iter().map(part)),
            Filter::Any(filters) => any(filters.iter().map(part)),
            Filter::One { field, collection, filter } => {
                let mut hops = hops.to_vec();
                hops.push((field.clone(), collection.clone()));
                self.condition_after(filter, root, table, &hops, view)
            }
            Filter::Field { field, test } => {
                let value = self.through(root, table, hops, view, &|collection, table| {
                    self.value(collection, table, field, view)
                });
                compare(value, test)
            }
            Filter::Many { quantifier, .. } => {
                let found = self.through(root, table, hops, view, &|collection, table| {
                    self.related(collection, table, filter, view)
                });
                let end = hops.last().and_then(|(_, related)| self.schema.collection(related));
                match end {
                    // Nothing is joined to an item that isn't there, either.
                    Some(end) if *quantifier == Quantifier::Joined => {
                        Func::coalesce([found, self.joined(end, None, filter, view)]).into()
                    }
                    _ => found,
                }
            }
        }
    }

    /// Whether some or none of the items that point here meet a filter.
    fn related(&self, collection: &Collection, table: &str, whole: &Filter, view: View) -> Expr {
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
}

impl Composer<'_> {
    /// Whether a filter is met by one of the items joined to an item; or, where there is none or no
    /// item at all, by fields that are all null.
    fn joined(
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

fn compare(value: Expr, test: &Test) -> Expr {
    match test {
        Test::Never => never(),
        Test::Null(true) => value.is_null(),
        Test::Null(false) => value.is_not_null(),
        Test::Empty(true) => value.clone().is_null().or(value.eq("")),
        Test::Empty(false) => value.clone().is_not_null().and(value.ne("")),
        Test::Equal(bound) => value.eq(Expr::Value(bound.clone())),
        Test::Unequal(bound) => value.ne(Expr::Value(bound.clone())),
        Test::Less { value: bound, or_equal: false } => value.lt(Expr::Value(bound.clone())),
        Test::Less { value: bound, or_equal: true } => value.lte(Expr::Value(bound.clone())),
        Test::Greater { value: bound, or_equal: false } => value.gt(Expr::Value(bound.clone())),
        Test::Greater { value: bound, or_equal: true } => value.gte(Expr::Value(bound.clone())),
        Test::In { negated: false, values } if values.is_empty() => never(),
        Test::In { negated: true, values } if values.is_empty() => always(),
        Test::In { negated: false, values } => value.is_in(values.iter().cloned()),
        Test::In { negated: true, values } => value.is_not_in(values.iter().cloned()),
        Test::Like { negated: false, pattern } => value.like(literal(pattern)),
        Test::Like { negated: true, pattern } => value.not_like(literal(pattern)),
        Test::EqualFold { negated: false, text } => {
            Expr::from(Func::lower(value)).eq(text.as_str())
        }
        Test::EqualFold { negated: true, text } => Expr::from(Func::lower(value)).ne(text.as_str()),
        Test::Between { negated: false, low, high } => {
            value.between(Expr::Value(low.clone()), Expr::Value(high.clone()))
        }
        Test::Between { negated: true, low, high } => {
            value.not_between(Expr::Value(low.clone()), Expr::Value(high.clone()))
        }
    }
}

fn literal(pattern: &str) -> LikeExpr {
    LikeExpr::new(pattern).escape('\\')
}
