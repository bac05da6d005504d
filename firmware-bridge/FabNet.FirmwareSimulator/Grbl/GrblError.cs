// The error numbers that a simulated GRBL answers with (doc/csv/error_codes_en_US.csv).

namespace FabNet.FirmwareSimulator.Grbl;

/// <summary>GRBL 1.1 <c>error:N</c>.</summary>
internal static class GrblError
{
    public const int None = 0;
    public const int ExpectedLetter = 1;
    public const int BadNumber = 2;
    public const int InvalidStatement = 3;
    public const int NegativeValue = 4;
    public const int HomingDisabled = 5;
    public const int StepPulseTooShort = 6;
    public const int NotIdle = 8;
    public const int Locked = 9;
    public const int SoftLimitsNeedHoming = 10;
    public const int LineOverflow = 11;
    public const int TravelExceeded = 15;
    public const int InvalidJog = 16;
    public const int Unsupported = 20;
    public const int ModalGroupViolation = 21;
    public const int UndefinedFeed = 22;
    public const int NotInteger = 23;
    public const int AxisCommandConflict = 24;
    public const int WordRepeated = 25;
    public const int NoAxisWords = 26;
    public const int InvalidLineNumber = 27;
    public const int ValueMissing = 28;
    public const int UnsupportedCoordinateSystem = 29;
    public const int G53NeedsG0OrG1 = 30;
    public const int AxisWordsUnused = 31;
    public const int NoAxisWordsInPlane = 32;
    public const int InvalidTarget = 33;
    public const int ArcRadius = 34;
    public const int NoOffsetsInPlane = 35;
    public const int UnusedWords = 36;
    public const int ToolLengthAxis = 37;
    public const int ToolNumberTooHigh = 38;
}
