// The books as people read them: what is shown adds up.

using FabNet.Coordinator.Ledger;
using FabNet.Ledger;
using FabNet.Model;
using Xunit;

namespace FabNet.Tests.Ledger;

public sealed class LedgerTextTests
{
    [Theory]
    [InlineData("3.8756", "3.87", "3.87", "0.00")] // Less than a cent is no saving.
    [InlineData("3.8756", "3.88", "3.88", "0.00")]
    [InlineData("5.1099", "3.87", "5.10", "1.23")]
    [InlineData("1.00", "1.20", "1.00", "-0.20")]
    public void What_an_order_would_cost_alone_is_its_share_and_what_it_saved(string alone, string share, string shownAlone, string saved)
    {
        var table = LedgerText.Orders([new OrderLedgerBook
        {
            Order = OrderId.FromNumber(1), Currency = "EUR", Alone = decimal.Parse(alone), Shares = decimal.Parse(share), Paid = 0, Open = decimal.Parse(share), Refused = 0,
        }]);
        Assert.Equal(["o-1", "EUR", shownAlone, decimal.Parse(share).ToString("0.00"), saved], table.ToString().Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..5]);
    }
}
