// What goes over HTTP instead of the WebSocket: the upload of a program, and an emergency stop that the WebSocket could not carry.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FabNet.GCode;
using Polly;
using Polly.Retry;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>Moonraker's HTTP side. Thread safe. Source: Moonraker docs, external_api/file_manager.md; components/application.py.</summary>
internal sealed class MoonrakerFiles : IDisposable
{
    /// <summary>The folder below the machine's G-code files that is this program's.</summary>
    public const string Folder = "fabnet";

    private readonly MoonrakerMachineOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly ResiliencePipeline<string?> _uploading;

    public MoonrakerFiles(MoonrakerMachineOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = options.Connect,
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = TlsOf(options),
        });

        // An upload starts nothing, and a file that came in damaged is thrown away by the machine: it may be repeated.
        _uploading = new ResiliencePipelineBuilder<string?> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<string?>
            {
                ShouldHandle = new PredicateBuilder<string?>().Handle<MachineLinkException>(),
                MaxRetryAttempts = 3,
                Delay = options.ReopenDelay,
                MaxDelay = options.MaxReopenDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
    }

    /// <summary>What connections are made with, the WebSocket's too.</summary>
    public HttpMessageInvoker Http => _http;

    /// <summary>Uploads a program; one that is cut is tried again, three times.</summary>
    /// <param name="program">The program.</param>
    /// <param name="name">The file's name in <see cref="Folder"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null if the machine has the whole file, otherwise why not.</returns>
    public async Task<string?> UploadAsync(AdmittedProgram program, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await _uploading.ExecuteAsync(async token => await UploadOnceAsync(program, name, token), cancellationToken);
        }
        catch (MachineLinkException error)
        {
            return error.Message;
        }
    }

    /// <summary>Asks for the emergency stop over HTTP.</summary>
    /// <returns>Null if Klipper took it, otherwise why not.</returns>
    public async Task<string?> EmergencyStopAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Connect, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var request = Request("/printer/emergency_stop", content: null);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode ? null : await ExplainAsync(response, either.Token);
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && limit.IsCancellationRequested))
        {
            return error is HttpRequestException ? error.Message : "there was no answer";
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<string?> UploadOnceAsync(AdmittedProgram program, string name, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(_options.UploadStall, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        using var form = new MultipartFormDataContent("fabnet-" + Guid.NewGuid().ToString("N"));
        // The platform quotes the boundary; not every parser of forms expects that.
        var boundary = form.Headers.ContentType!.Parameters.First(static parameter => parameter.Name == "boundary");
        boundary.Value = boundary.Value!.Trim('"');
        Add(form, new StringContent("gcodes"), "root");
        Add(form, new StringContent(Folder), "path");
        Add(form, new StringContent(program.Digest.Hex), "checksum");
        var content = new ProgramContent(program, taken => stall.CancelAfter(taken == program.ByteCount ? _options.UploadAnswer : _options.UploadStall));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Add(form, content, "file", name);
        using var request = Request("/server/files/upload", form);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            if (response.StatusCode == HttpStatusCode.UnprocessableEntity)
                throw new MachineLinkException($"The file arrived damaged at {_options.Address}: {await ExplainAsync(response, either.Token)}");
            if (!response.IsSuccessStatusCode)
                return await ExplainAsync(response, either.Token);
            return SizeOf(await response.Content.ReadAsByteArrayAsync(either.Token)) is { } size && size != program.ByteCount
                ? string.Create(CultureInfo.InvariantCulture, $"the machine has kept {size} bytes of a file of {program.ByteCount}. Is Moonraker set to change files (enable_object_processing)?")
                : null;
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested))
        {
            var why = error is OperationCanceledException ? "it stood still" : (error.InnerException ?? error).Message;
            throw new MachineLinkException($"The upload to {_options.Address} was cut: {why}", error);
        }
    }

    private static void Add(MultipartFormDataContent form, HttpContent content, string name, string? fileName = null)
    {
        // Quoted, as RFC 7578 has it: the platform writes simple names bare.
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{name}\"", FileName = fileName is null ? null : $"\"{fileName}\"" };
        form.Add(content);
    }

    private static long? SizeOf(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return (long?)document.RootElement.Member("item").Number("size");
        }
        catch (JsonException)
        {
            return null; // An answer in another form: the checksum has been compared by the machine all the same.
        }
    }

    private async Task<string> ExplainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var message = MessageOf(text) ?? response.ReasonPhrase;
        var advice = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => " Check the API key.",
            HttpStatusCode.RequestEntityTooLarge => " Raise max_upload_size in moonraker.conf.",
            HttpStatusCode.InsufficientStorage => " Make room on the machine.",
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{_options.Address} answered {(int)response.StatusCode}: {message}.{advice}");
    }

    private static string? MessageOf(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Member("error").Text("message")?.TrimEnd('.');
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "The site asked for it in so many words, for a network that it trusts.")]
    private static SslClientAuthenticationOptions TlsOf(MoonrakerMachineOptions options)
    {
        var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.None };
        if (!options.VerifyCertificate)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (options.CertificateAuthority is { } authority)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authority);
        }

        return tls;
    }

    private HttpRequestMessage Request(string path, HttpContent? content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, HttpAddress(path)) { Content = content };
        if (_options.ApiKey is not null)
            request.Headers.TryAddWithoutValidation("X-Api-Key", _options.ApiKey);
        return request;
    }

    private Uri HttpAddress(string path) => new UriBuilder(_options.Address)
    {
        Scheme = _options.Address.Scheme is "https" or "wss" ? "https" : "http",
        Port = _options.Address.Port,
        Path = _options.Address.AbsolutePath.TrimEnd('/') + path,
    }.Uri;
}
