//! Writes `kwestura.toml` for the simulated university.

use super::{Category, Currency, Format, Plan, number};

/// The whole file.
pub(super) fn text(plan: &Plan) -> String {
    let zlotys = match plan.zlotys {
        Format::Mt940 => "mbank",
        Format::Camt => "camt",
    };
    let mut text = String::from(
        "[institution]\nname = \"Politechnika Przykładowa\"\ntime_zone = \"Europe/Warsaw\"\n",
    );
    for (currency, name, profile, statements) in [
        (Currency::Pln, "Opłaty PLN", zlotys, "daily"),
        (Currency::Eur, "Opłaty EUR", "camt", "weekly"),
    ] {
        text.push_str(&bank_account(currency, name, profile, statements));
    }
    text.push_str(
        "
[policy.allocation]
category = \"preferred\"
exact_amount = true
on_account = \"when_due\"

[policy.default_kind]
notice_days = 14

[policy.kind.tuition]
interest = \"statutory\"
",
    );
    text
}

fn bank_account(currency: Currency, name: &str, profile: &str, statements: &str) -> String {
    format!(
        "
[[bank_account]]
iban = \"{iban}\"
name = \"{name}\"
currency = \"{code}\"
profile = \"{profile}\"
statements = \"{statements}\"
own_accounts = [\"{own}\"]

[bank_account.virtual]
mode = \"generate\"
settlement = \"{settlement}\"
client_code = \"{client}\"
category_digits = 2
payer_digits = 10
payer = \"album\"

[bank_account.virtual.categories]
tuition = \"{tuition}\"
dormitory = \"{dormitory}\"
",
        iban = number::main_account(currency),
        own = number::treasury_account(currency),
        code = currency.code(),
        settlement = number::SETTLEMENT,
        client = currency.client_code(),
        tuition = Category::Tuition.digits(),
        dormitory = Category::Dormitory.digits(),
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_configuration_is_toml_with_two_accounts() {
        let text = super::text(&super::Plan::of(10, 1));
        let document = text.parse::<toml_edit::DocumentMut>().expect("TOML");
        let accounts = document["bank_account"]
            .as_array_of_tables()
            .expect("accounts");
        let codes: Vec<_> = accounts
            .iter()
            .filter_map(|account| account["currency"].as_str())
            .collect();
        assert_eq!(codes, ["PLN", "EUR"]);
        assert_eq!(
            document["policy"]["default_kind"]["notice_days"].as_integer(),
            Some(14)
        );
    }
}
