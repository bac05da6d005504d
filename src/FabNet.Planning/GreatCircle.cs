// Distances on the Earth, for transport.

using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>Great-circle distances.</summary>
public static class GreatCircle
{
    private const double EarthRadiusKm = 6371.0088;

    /// <summary>Kilometres between two sites by the haversine formula; 0 if the place of either is not known.</summary>
    public static double Kilometres(Site from, Site to) => Kilometres((from.Latitude, from.Longitude), (to.Latitude, to.Longitude));

    /// <summary>Kilometres between two places; 0 if either is not known.</summary>
    public static double Kilometres((double? Latitude, double? Longitude) from, (double? Latitude, double? Longitude) to) =>
        from is ({ } lat1, { } lon1) && to is ({ } lat2, { } lon2) ? Kilometres(lat1, lon1, lat2, lon2) : 0;

    internal static double Kilometres(double lat1, double lon1, double lat2, double lon2)
    {
        var (phi1, phi2) = (double.DegreesToRadians(lat1), double.DegreesToRadians(lat2));
        var (sinLat, sinLon) = (Math.Sin((phi2 - phi1) / 2), Math.Sin(double.DegreesToRadians(lon2 - lon1) / 2));
        var h = (sinLat * sinLat) + (Math.Cos(phi1) * Math.Cos(phi2) * sinLon * sinLon);
        return 2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(h)));
    }
}
